/** From what is configured back to where it was written, so that a finding stands at its cause. */
import type { IssuerConfig } from '../config.ts';
import type { Path } from '../faults.ts';
import type { Overrides } from '../resolve-issuers.ts';
import type { Audited, AuditedRoute } from './rule.ts';

interface WrittenIssuer {
  readonly issuer: IssuerConfig;
  readonly path: Path;
}

/** Every issuer as routes have it: where it is named if it stands under `issuers`, else in the route. */
export function issuersInUse({ routes, value }: Audited): readonly WrittenIssuer[] {
  const seen = new Set<IssuerConfig>();
  return routes.flatMap(({ route, path }) =>
    (route.auth?.issuers ?? []).flatMap((issuer): WrittenIssuer | [] => {
      if (seen.has(issuer)) return [];
      seen.add(issuer);
      const named = Object.hasOwn(value.issuers, issuer.name);
      return { issuer, path: named ? ['issuers', issuer.name] : [...path, 'auth'] };
    }),
  );
}

/** What stands under `issuers`, and what routes write beside the name of one or in the place of one. */
export function writtenIssuers({ routes, value }: Audited): readonly { value: Overrides; path: Path }[] {
  const named = Object.entries(value.issuers).flatMap(([name, one]) =>
    one === undefined ? [] : [{ value: one, path: ['issuers', name] }],
  );
  const inRoutes = routes.flatMap(({ value: { auth }, path }) =>
    typeof auth === 'object' ? [{ value: auth, path: [...path, 'auth'] }] : [],
  );
  return [...named, ...inRoutes];
}

/** Whether anybody at all may call it. */
export function isOpen({ route }: AuditedRoute): boolean {
  return route.auth === undefined && route.clientCertificate === undefined;
}

const WRITING = new Set(['POST', 'PUT', 'PATCH', 'DELETE']);

/** Whether it takes a method that changes something; without `methods` a route takes every one. */
export function takesWrites({ route: { methods } }: AuditedRoute): boolean {
  return methods.length === 0 || methods.some((method) => WRITING.has(method));
}
