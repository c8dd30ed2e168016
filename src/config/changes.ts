/** What two configurations differ in, for whoever asked for a reload: `changed upstreams.orders`, `added routes./api`. */
import type { Config, RouteConfig } from './config.ts';
import { identityOf } from './identity.ts';

export function changesBetween(before: Config, after: Config): readonly string[] {
  const [old, now] = [partsOf(before), partsOf(after)];
  const changes: string[] = [];
  for (const [name, identity] of now) {
    if (!old.has(name)) changes.push(`added ${name}`);
    else if (old.get(name) !== identity) changes.push(`changed ${name}`);
  }
  for (const name of old.keys()) if (!now.has(name)) changes.push(`removed ${name}`);
  return changes;
}

const NAMED = ['issuers', 'upstreams', 'rateLimits'] as const;
const SECTIONS = [
  'tls',
  'admin',
  'trustedProxies',
  'ipv6Prefix',
  'limits',
  'timeouts',
  'drain',
  'overload',
  'oauth2',
  'scopes',
  'failedAuthentications',
  'maxCallers',
  'log',
] as const satisfies readonly (keyof Config)[];

function partsOf(config: Config): ReadonlyMap<string, string> {
  const parts = new Map<string, string>();
  for (const section of SECTIONS) {
    if (config[section] !== undefined) parts.set(keyOf(section), identityOf(config[section]));
  }
  for (const section of NAMED) {
    for (const one of config[section]) parts.set(`${keyOf(section)}.${one.name}`, identityOf(one));
  }
  for (const route of config.routes) parts.set(`routes.${route.name}`, identityOf(ownOf(route, config)));
  return parts;
}

/** A route without what it only names: one change is said once. */
function ownOf(route: RouteConfig, { issuers, rateLimits }: Config): unknown {
  const { auth } = route;
  return {
    ...route,
    upstream: route.upstream.name,
    auth: auth && { ...auth, issuers: auth.issuers.map((one) => (issuers.includes(one) ? one.name : one)) },
    rateLimits: route.rateLimits.map((limit) => (rateLimits.includes(limit) ? limit.name : limit)),
  };
}

/** As it is written in the file. */
function keyOf(section: string): string {
  return section.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
