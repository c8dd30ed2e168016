/**
 * Scopes, for all methods or each. A method without a rule is never a method
 * without a check: it is an error, or it is not served.
 */
import type { ScopeRule } from './config.ts';
import type { Path, Report } from './faults.ts';
import { METHODS, type ScopesOfMethodValue, type ScopesValue } from './schema-auth.ts';

interface ResolvedScopes {
  readonly scopes: ScopeRule;
  readonly scopesByMethod: ReadonlyMap<string, ScopeRule>;
  readonly methods: readonly string[];
}

const NOTHING: ScopeRule = { allOf: [], anyOf: [] };

export function resolveScopes(
  value: ScopesValue | undefined,
  methods: readonly string[],
  path: Path,
  report: Report,
): ResolvedScopes {
  if (value === undefined) return { scopes: NOTHING, scopesByMethod: new Map(), methods };
  if (Array.isArray(value) || value.all_of !== undefined || value.any_of !== undefined) {
    if (!Array.isArray(value)) refuseMixture(value, path, report);
    return { scopes: ruleOf(value, path, report), scopesByMethod: new Map(), methods };
  }

  const scopesByMethod = new Map<string, ScopeRule>();
  for (const method of METHODS) {
    const rule = value[method];
    if (rule === undefined) continue;
    const at = [...path, method];
    scopesByMethod.set(method, ruleOf(rule, at, report));
    if (methods.length > 0 && !methods.includes(method) && !(method === 'HEAD' && methods.includes('GET'))) {
      report.error(
        at,
        `\`scopes\` names ${method}, which is not among the route's methods; add it to \`methods\`, or take it out here`,
      );
    }
  }
  if (value.default !== undefined) {
    return { scopes: ruleOf(value.default, [...path, 'default'], report), scopesByMethod, methods };
  }
  if (scopesByMethod.size === 0) {
    report.error(
      path,
      '`scopes` names no scope; write a list as in `[orders:read]`, or a map as in `{ GET: [orders:read] }`',
    );
  }
  for (const method of methods) {
    // HEAD is GET without the content (RFC 9110 §9.3.2) and needs what GET needs.
    if (scopesByMethod.has(method) || (method === 'HEAD' && scopesByMethod.has('GET'))) continue;
    report.error(
      [...path, method],
      `\`scopes\` says nothing of ${method}, which the route serves; write \`${method}: [...]\`, \`${method}: []\` for any token, or a \`default\``,
    );
  }
  return { scopes: NOTHING, scopesByMethod, methods: methods.length > 0 ? methods : [...scopesByMethod.keys()] };
}

function refuseMixture(value: Exclude<ScopesValue, readonly unknown[]>, path: Path, report: Report): void {
  for (const key of [...METHODS, 'default'] as const) {
    if (value[key] === undefined) continue;
    report.error(
      [...path, key],
      `\`${key}\` stands beside \`all_of\` or \`any_of\`; put those under each method, as in \`GET: { any_of: [...] }\``,
    );
  }
}

function ruleOf(value: ScopesOfMethodValue, path: Path, report: Report): ScopeRule {
  if (Array.isArray(value)) return { allOf: present(value), anyOf: [] };
  const rule = { allOf: present(value.all_of), anyOf: present(value.any_of) };
  for (const [key, list] of [
    ['all_of', value.all_of],
    ['any_of', value.any_of],
  ] as const) {
    if (list?.length === 0)
      report.error(
        [...path, key],
        `\`${key}\` is an empty list, which would check nothing; name a scope, or leave it out`,
      );
  }
  if (value.all_of === undefined && value.any_of === undefined) {
    report.error(path, 'the rule names no scope; write a list, or `{ any_of: [...] }`');
  }
  return rule;
}

function present(list: readonly (string | undefined)[] = []): readonly string[] {
  return [...new Set(list.filter((scope) => scope !== undefined))];
}
