/** The part of the language about limits: `rate_limits`, and limits written out in a route. */
import * as z from 'zod';
import { choice, count, map, rate, text, word } from './scalars.ts';

export const claimPath = text(
  /^[\x21-\x7e]{1,256}$/,
  'a claim as in `sub`, `realm.roles` or `https://example.com/roles`',
);
export const mode = choice(['enforce', 'observe']).describe(
  '`observe` counts and reports, and refuses nobody. Default: enforce.',
);
export const subWindows = count(2, 60)
  .default(10)
  .describe('Into how many parts the window is split. More: a shorter wait for room, and more memory a caller.');

export const rateLimit = map({
  quota: rate().optional().describe('Requests per window, for every caller the same.'),
  by: text(/^(address|user|client|claim:[\x21-\x7e]{1,256})$/, '`address`, `user`, `client` or `claim:NAME`')
    .optional()
    .describe(
      'Who is counted: `address`, `user` (issuer and subject), `client`, or `claim:NAME`. Callers without a token count by address.',
    ),
  plan_claim: claimPath.optional().describe('The claim that names the plan of the caller.'),
  plans: z
    .record(z.string(), rate().optional(), { error: 'write a map from plan to rate, as in `{ free: 100/min }`' })
    .optional()
    .describe('Requests per window for each plan.'),
  default_plan: word('one of the plans')
    .optional()
    .describe('The plan of callers whose claim is absent or names no plan.'),
  mode: mode.optional(),
  sub_windows: subWindows,
});

export type LimitValue = z.output<typeof rateLimit>;
