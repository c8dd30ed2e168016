/** Only callers from some addresses go on. Looks at the address that limits count, after trusted proxies: one parse of it a request. */
import { refuse } from '../refusal.ts';
import type { PluginHooks } from './hooks.ts';

const NOT_ALLOWED = refuse('address_not_allowed', { detail: 'This address may not call here.' });

export function createIpAllow(isAllowed: (address: string) => boolean): PluginHooks {
  return { name: 'ip-allow', onRequest: ({ address }) => (isAllowed(address) ? undefined : NOT_ALLOWED) };
}
