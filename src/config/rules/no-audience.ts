/** Tokens for another service are good here. */
import type { Finding, Rule } from './rule.ts';
import { issuersInUse } from './written.ts';

export const noAudience: Rule = {
  id: 'no-audience',
  severity: 'warning',
  title: 'The audience of tokens is not checked',
  why: 'Every token of the issuer is accepted, for whatever service it was meant. Whoever gets hold of one, a badly kept test service for one, can call this gateway with it (RFC 8725 §3.9).',
  mend: 'Write `audience` on the issuer: what your issuer puts into `aud` of tokens for this service.',
  examples: {
    failing: `
issuers:
  main: # here
    issuer: https://auth.example.com
    jwks_uri: https://auth.example.com/.well-known/jwks.json
routes:
  - { path: /api/*, upstream: app, auth: { issuer: main }, rate_limit: { quota: 100/min, by: user } }`,
    passing: `
issuers:
  main:
    issuer: https://auth.example.com
    jwks_uri: https://auth.example.com/.well-known/jwks.json
    audience: orders-api
routes:
  - { path: /api/*, upstream: app, auth: { issuer: main }, rate_limit: { quota: 100/min, by: user } }`,
  },
  check(audited) {
    const said = new Set<string>();
    return issuersInUse(audited).flatMap(({ issuer, path }): Finding | [] => {
      // One issuer that fifty routes name is one finding, and so is one that fifty routes write out.
      if (issuer.audiences.length > 0 || said.has(issuer.name)) return [];
      said.add(issuer.name);
      return {
        path: [...path, 'audience'],
        message: `issuer \`${issuer.name}\` has no \`audience\`, so its tokens for any other service are accepted here`,
        mend: 'write `audience: NAME`',
      };
    });
  },
};
