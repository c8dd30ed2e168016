/** Every rule there is. `docs/rules/` has a page for each. */
import { anonymousWayIn, anonymousWildcard, anonymousWrites, largeAnonymousBodies } from './anonymous.ts';
import { breakerOff } from './breaker-off.ts';
import { adminExposed, trustsEverybody, unknownProxy } from './edge.ts';
import { identityMissing } from './identity.ts';
import { addressOnly, limitObserves } from './limits.ts';
import { loginWithoutLimit } from './login-without-limit.ts';
import { noAudience } from './no-audience.ts';
import { perishableStore, plainSigningKeys } from './own-issuer.ts';
import { cookieWrites, corsAnyOrigin } from './pages.ts';
import type { Rule } from './rule.ts';
import { longTimeLimit, plaintextUpstream, uncheckedTargets, unverifiedUpstream } from './services.ts';
import { farLifetime, oneAlgorithm, shortClockSkew, tokenInQuery, tokenPassedOn } from './tokens.ts';

export const rules: readonly Rule[] = [
  loginWithoutLimit,
  anonymousWayIn,
  trustsEverybody,
  plaintextUpstream,
  anonymousWildcard,
  anonymousWrites,
  largeAnonymousBodies,
  addressOnly,
  limitObserves,
  noAudience,
  shortClockSkew,
  farLifetime,
  oneAlgorithm,
  tokenInQuery,
  tokenPassedOn,
  identityMissing,
  corsAnyOrigin,
  cookieWrites,
  breakerOff,
  longTimeLimit,
  uncheckedTargets,
  unverifiedUpstream,
  adminExposed,
  unknownProxy,
  perishableStore,
  plainSigningKeys,
];

const byId: ReadonlyMap<string, Rule> = new Map(rules.map((rule) => [rule.id, rule]));

/** The rule of a finding. */
export function ruleOf(id: string): Rule {
  return byId.get(id)!;
}
