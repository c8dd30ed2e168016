/** Configurations as text, for tests: what they come to, or every fault as it is printed. */
import { formatFault } from '../../src/config/faults.ts';
import { parseConfig } from '../../src/config/load.ts';
import type { Config, RouteConfig } from '../../src/config/config.ts';
import { sourceOf } from './source.ts';

type Env = Readonly<Record<string, string | undefined>>;

/** The configuration and its warnings. Fails where there is a fault. */
export function configOf(
  text: string,
  env: Env = {},
): { readonly config: Config; readonly warnings: readonly string[] } {
  const loaded = parseConfig(text, 'g.yaml', sourceOf({ env }));
  if (loaded.config === undefined) throw new Error(loaded.faults.map(formatFault).join('\n'));
  return { config: loaded.config, warnings: loaded.warnings.map(formatFault) };
}

/** Every fault and warning, as printed; only warnings where it loads. */
export function faultsOf(text: string, env: Env = {}): readonly string[] {
  const loaded = parseConfig(text, 'g.yaml', sourceOf({ env }));
  return (loaded.config === undefined ? loaded.faults : loaded.warnings).map(formatFault);
}

/** A file with an issuer, an upstream and a limit for `routes` to name; nine lines long. */
export function withRoutes(routes: string): string {
  return `issuers:
  main:
    issuer: https://auth.example.com
    jwks_uri: https://auth.example.com/jwks.json
    audience: api
upstreams: { app: { targets: ['http://127.0.0.1:3000'] } }
rate_limits: { calls: { quota: 100/min, by: user } }
routes:
${routes}`;
}

/** The one route of a file that `withRoutes` makes of flow-style `keys`; `upstream` and `path` stand in it already. */
export function routeOf(keys: string): RouteConfig {
  const route = configOf(withRoutes(`  - { path: /a, upstream: app, ${keys} }`)).config.routes[0];
  if (route === undefined) throw new Error('no route');
  return route;
}

/** The faults of the same file, without their place. */
export function routeFaults(keys: string): readonly string[] {
  const unused = /: warning: no route uses/;
  return faultsOf(withRoutes(`  - { upstream: app, ${keys} }`))
    .filter((line) => !unused.test(line))
    .map((line) => line.replace(/^g\.yaml:\d+:\d+: /, ''));
}
