/**
 * For each way to say no, the small changes that could turn it, the likeliest
 * first. They are guesses: `mend.ts` tries each before anybody hears of it.
 */
import type { AuthConfig, Config } from '../config/config.ts';
import { nearest } from '../config/nearest.ts';
import type { Refusal } from '../refusal.ts';
import { type Ask, splitTarget, withoutToken } from './ask.ts';
import type { Attempt } from './attempt.ts';
import { type Change, type ChangeKind, issuerNames, waitChange } from './change.ts';
import { claimChanges } from './claim-changes.ts';
import { sourceText } from './token-text.ts';
import { scopesNeeded } from './trace.ts';
import type { Claims } from './throwaway-key.ts';

export function changesFor(config: Config, ask: Ask, made: Attempt): readonly Change[] {
  const { passage, outcome, shown } = made;
  if (outcome.kind !== 'refused') return [];
  const { refusal } = outcome;
  const route = passage.route?.config;
  const auth = route?.auth;
  switch (refusal.code) {
    case 'no_route':
      return [...otherPaths(config, ask), ...otherHosts(config)];
    case 'method_not_allowed':
      return otherMethods(refusal, ask);
    case 'rate_limited':
      return waits(refusal, 'until the window has room');
    case 'circuit_open':
      return waits(refusal, 'until the circuit lets a request through');
    case 'missing_token':
      return auth === undefined
        ? []
        : [tokenChange(auth, {}, `send a token of ${issuerNames(auth)}, as ${sourceText(auth.source)}`)];
    case 'malformed_request':
      return auth === undefined ? [] : [tokenChange(auth, shown.claims ?? {}, 'send exactly one token, in one place')];
    case 'invalid_token':
      return auth === undefined ? [] : claimChanges(refusal, auth, { made, replace: tokenChange });
    case 'insufficient_scope': {
      const needed = route && scopesNeeded(route, ask.method);
      return auth === undefined || needed === undefined ? [] : [scopeChange(auth, needed, made)];
    }
    case 'origin_not_allowed':
      return (route?.cors?.origins ?? [])
        .filter((origin) => !origin.includes('*'))
        .slice(0, 1)
        .map((origin) => headerChange('Origin', origin));
    case 'loop_detected':
      return [{ kind: 'header', text: 'send it without `Via`', apply: (from) => withoutField(from, 'via') }];
    case 'body_too_large':
      return [bodyChange(route?.maxBodyBytes ?? 0)];
    // What no change of the request turns: it is the gateway's, the service's, or the request is none.
    case 'uri_too_long':
    case 'headers_too_large':
    case 'certificate_required':
    case 'address_not_allowed':
    case 'keys_unavailable':
    case 'credentials_unavailable':
    case 'request_timeout':
    case 'upgrade_required':
    case 'overloaded':
    case 'internal':
    case 'upstream_unreachable':
    case 'upstream_protocol':
    case 'upstream_timeout':
      break;
  }
  return [];
}

function waits(refusal: Refusal, until: string): readonly Change[] {
  const seconds = Number(refusal.headers.find(([name]) => name === 'Retry-After')?.[1]);
  if (!(seconds > 0)) return [];
  return [waitChange(seconds * 1000, `wait ${seconds} s, ${until}`)];
}

/** Another token, with exactly these claims and what every token has. */
function tokenChange(auth: AuthConfig, claims: Claims, text: string, kind: ChangeKind = 'token'): Change {
  return { kind, text, apply: (ask) => ({ ...withoutToken(ask, auth.source), claims }) };
}

function scopeChange(
  auth: AuthConfig,
  { allOf, anyOf }: NonNullable<ReturnType<typeof scopesNeeded>>,
  { passage, shown }: Attempt,
): Change {
  const held = passage.principal?.scopes ?? new Set<string>();
  const any = anyOf.length === 0 || anyOf.some((scope) => held.has(scope)) ? [] : anyOf.slice(0, 1);
  const missing = [...allOf.filter((scope) => !held.has(scope)), ...any];
  const claims = { ...shown.claims, scope: [...held, ...missing].join(' ') };
  const names = missing.map((scope) => `\`${scope}\``).join(' and ');
  return tokenChange(auth, claims, `get a token with the scope ${names}`, 'scope');
}

function otherMethods(refusal: Refusal, ask: Ask): readonly Change[] {
  const allow = refusal.headers.find(([name]) => name === 'Allow')?.[1] ?? '';
  return allow.split(', ').map((method) => ({
    kind: 'method',
    text: `use ${method} in place of ${ask.method}`,
    apply: (from) => ({ ...withoutField(from, 'content-length'), method, bodyLength: 0 }),
  }));
}

function otherPaths(config: Config, ask: Ask): readonly Change[] {
  const [path, query] = splitTarget(ask.target);
  const plain = config.routes.map((route) => route.path).filter((one) => !/[:*]/.test(one));
  const near = nearest(path, plain);
  const others = [path.replace(/(?<=.)\/+$/, ''), ...(near === undefined ? [] : [near])].filter((one) => one !== path);
  return [...new Set(others)].map((other) => ({
    kind: 'path',
    text: `use the path \`${other}\``,
    apply: (from) => ({ ...from, target: query === undefined ? other : `${other}?${query}` }),
  }));
}

function otherHosts(config: Config): readonly Change[] {
  const hosts = new Set(config.routes.flatMap((route) => route.hosts));
  return [...hosts].map((host) => ({
    kind: 'host',
    text: `ask for the host \`${host}\``,
    apply: (from) => ({ ...withoutField(from, 'host'), authority: host.replace('*', 'any') }),
  }));
}

function headerChange(name: string, value: string): Change {
  return {
    kind: 'header',
    text: `send \`${name}: ${value}\``,
    apply: (from) => {
      const without = withoutField(from, name.toLowerCase());
      return { ...without, fields: [...without.fields, [name, value]] };
    },
  };
}

function bodyChange(maxBytes: number): Change {
  return {
    kind: 'body',
    text: `send a body of at most ${maxBytes} bytes`,
    apply: (from) => ({ ...withoutField(from, 'content-length'), bodyLength: maxBytes }),
  };
}

function withoutField(ask: Ask, lowerName: string): Ask {
  return { ...ask, fields: ask.fields.filter(([name]) => name.toLowerCase() !== lowerName) };
}
