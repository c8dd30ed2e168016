/** Scopes that clients may have and do not use: what could be taken away. */
import type { TrailGroup } from '../store/store.ts';

interface Granted {
  readonly id: string;
  readonly scopes: readonly string[];
}

export interface UnusedScope {
  readonly client: string;
  readonly scope: string;
  /** As far back as the trail goes. */
  readonly lastAt: number | undefined;
}

/** Not used since `since`, by tokens of `issuer`. A call that lacked another scope used none. */
export function unusedScopes(
  clients: readonly Granted[],
  groups: readonly TrailGroup[],
  { issuer, since }: { readonly issuer: string; readonly since: number },
): readonly UnusedScope[] {
  const used = new Map<string, Map<string, number>>();
  for (const group of groups) {
    if (group.issuer !== issuer || group.client === undefined || group.refusal === 'insufficient_scope') continue;
    const of = used.get(group.client) ?? new Map<string, number>();
    used.set(group.client, of);
    for (const scope of group.scopes) of.set(scope, Math.max(of.get(scope) ?? 0, group.lastAt));
  }
  return clients.flatMap(({ id, scopes }) =>
    scopes
      .map((scope) => ({ client: id, scope, lastAt: used.get(id)?.get(scope) }))
      .filter(({ lastAt }) => lastAt === undefined || lastAt < since),
  );
}
