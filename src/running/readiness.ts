/** Whether traffic should come here now, and what an operator should know even if so. */
import type { Plan } from '../plan.ts';
import type { ReloadState } from './reload.ts';

export interface Readiness {
  readonly ready: boolean;
  readonly reasons: readonly string[];
  /** How the last reading of the configuration ended. One that failed leaves the gateway ready: it serves the one before. */
  readonly reload?: ReloadState;
}

export interface Standing {
  readonly draining: boolean;
  readonly reload: ReloadState | undefined;
}

/** Ready: listening, not draining, and with keys for every issuer. */
export function readiness(plan: Plan, { draining, reload }: Standing): Readiness {
  const reasons = [...plan.keySets].filter(([, keySet]) => !keySet.ready()).map(([uri]) => `no keys from ${uri}`);
  if (plan.ownIssuer?.ready() === false) reasons.push('the store of the authorization server is not loaded');
  if (draining) reasons.push('draining');
  return { ready: reasons.length === 0, reasons, ...(reload === undefined ? {} : { reload }) };
}
