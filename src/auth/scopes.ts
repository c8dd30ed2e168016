/**
 * Scopes: read once from a verified token, then compared as whole words. The
 * answers to every shortfall are made at plan time; a request costs one look-up
 * by method and one in a set for each scope the route asks for.
 */
import { type Refusal, refuse } from '../refusal.ts';
import { quoted } from './challenge.ts';

interface ScopeRule {
  readonly allOf: readonly string[];
  readonly anyOf: readonly string[];
}

export interface ScopeRules {
  /** For methods that `scopesByMethod` does not name. */
  readonly scopes: ScopeRule;
  readonly scopesByMethod: ReadonlyMap<string, ScopeRule>;
}

/** What `authorize` needs to know of a principal. */
interface Scoped {
  readonly scopes: ReadonlySet<string>;
}

export type Authorize = (principal: Scoped, method: string) => Refusal | undefined;

export function createAuthorizer(rules: ScopeRules, realm: string): Authorize {
  const ruleFor = byMethod(rules, (rule) => compileRule(rule, realm));
  return (principal, method) => ruleFor(method)(principal.scopes);
}

/** Every scope that a route asks for, by method: what of them a token holds is what a request used. */
export function createScopeList(rules: ScopeRules): (method: string) => readonly string[] {
  return byMethod(rules, ({ allOf, anyOf }) => [...allOf, ...anyOf]);
}

/** What is made of each rule, by the method it is for. */
function byMethod<T>({ scopes, scopesByMethod }: ScopeRules, make: (rule: ScopeRule) => T): (method: string) => T {
  const otherwise = make(scopes);
  const made = new Map([...scopesByMethod].map(([method, rule]) => [method, make(rule)]));
  // HEAD is GET without the body (RFC 9110 §9.3.2): it must not read what GET may not.
  const get = made.get('GET');
  if (get !== undefined && !made.has('HEAD')) made.set('HEAD', get);
  return (method) => made.get(method) ?? otherwise;
}

function compileRule(rule: ScopeRule, realm: string): (held: ReadonlySet<string>) => Refusal | undefined {
  const { allOf, anyOf } = rule;
  const needed = [...allOf, ...anyOf].join(' ');
  const short = (detail: string) =>
    refuse('insufficient_scope', {
      detail,
      headers: [
        ['WWW-Authenticate', `Bearer realm=${quoted(realm)}, error="insufficient_scope", scope=${quoted(needed)}`],
      ],
    });
  const missing = allOf.map((scope) => short(`The token lacks the scope "${scope}".`));
  const missingAny = short(`The token needs one of these scopes: ${anyOf.join(', ')}.`);
  return (held) => {
    for (let at = 0; at < allOf.length; at++) if (!held.has(allOf[at]!)) return missing[at];
    if (anyOf.length === 0) return undefined;
    for (const scope of anyOf) if (held.has(scope)) return undefined;
    return missingAny;
  };
}

const NO_SCOPES: ReadonlySet<string> = new Set();

/** RFC 6749 §3.3: words of visible ASCII but `"` and `\`, one space between two. */
const SCOPE_LIST = /^[!#-[\]-~]+(?: [!#-[\]-~]+)*$/;
const SCOPE = /^[!#-[\]-~]+$/;

/**
 * From `scope` (a string) where it is present, else from `scp` (a string or an
 * array of scopes). Anything else grants nothing: half of a malformed list is a guess.
 */
export function readScopes(claims: Readonly<Record<string, unknown>>): ReadonlySet<string> {
  const inScope = Object.hasOwn(claims, 'scope');
  const value = inScope ? claims.scope : Object.hasOwn(claims, 'scp') ? claims.scp : undefined;
  if (typeof value === 'string') return SCOPE_LIST.test(value) ? new Set(value.split(' ')) : NO_SCOPES;
  if (inScope || !Array.isArray(value)) return NO_SCOPES;
  return value.every((scope) => typeof scope === 'string' && SCOPE.test(scope)) ? new Set<string>(value) : NO_SCOPES;
}
