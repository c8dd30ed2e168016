/**
 * Which routes look like authentication. Nobody has to call a sign-in by its
 * kind for it to be one: the incident that this audit exists for was a route
 * that nobody had thought of.
 */
import type { RouteConfig } from '../config.ts';

/** What takes a password or a code, whoever calls. */
const STRONG = new Set(
  `login logon signin signon authenticate authentication password passwords passwd passcode passphrase
  otp totp mfa 2fa forgot signup sso webauthn passkey passkeys`.split(/\s+/),
);

/** What does so where nobody has shown a token, and is an everyday word elsewhere. */
const WEAK = new Set(
  'auth authorize token tokens refresh reset recover recovery verify register registration activate'.split(' '),
);

/** Upstreams of which any POST may be a sign-in. */
const IDENTITY = new Set('identity idp auth authn sso iam login keycloak hydra kratos oidc'.split(' '));

/** What of the route looks so, in words; `undefined` where nothing does. */
export function authenticationSign(route: RouteConfig): string | undefined {
  if (route.kind === 'authentication') return 'is of `kind: authentication`';
  const guarded = route.auth !== undefined;
  const word = wordsOf(`${route.path} ${route.name}`).find((one) => STRONG.has(one) || (!guarded && WEAK.has(one)));
  if (word !== undefined) return `looks like authentication (\`${word}\`)`;
  const posted = !guarded && route.methods.includes('POST');
  return posted && wordsOf(route.upstream.name).some((one) => IDENTITY.has(one))
    ? `posts to \`${route.upstream.name}\`, which looks like an identity service`
    : undefined;
}

/** Of a path that nobody has to show a token for. */
export function looksLikeAuthentication(path: string): boolean {
  return wordsOf(path).some((word) => STRONG.has(word) || WEAK.has(word));
}

/** `/v1/Sign-In` holds `v1`, `sign`, `in`, and `signin`: words of two parts are known by both together. */
function wordsOf(text: string): readonly string[] {
  return text.split(/[/ ]+/).flatMap((segment) => {
    const parts = segment
      .replaceAll(/([a-z])([A-Z])/g, '$1-$2')
      .toLowerCase()
      .split(/[^a-z0-9]+/)
      .filter((part) => part !== '');
    return [...parts, ...parts.slice(1).map((part, at) => `${parts[at]}${part}`)];
  });
}
