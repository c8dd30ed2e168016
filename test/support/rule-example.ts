/** The examples of the audit's rules as whole configurations: a fragment, and below it whatever sections it does without. */

const SECTIONS: readonly (readonly [key: string, text: string])[] = [
  [
    'issuers',
    'issuers: { main: { issuer: https://auth.example.com, jwks_uri: https://auth.example.com/jwks.json, audience: api } }',
  ],
  ['upstreams', "upstreams: { app: { targets: ['http://127.0.0.1:3000'] } }"],
  [
    'routes',
    'routes: [{ path: /app, upstream: app, auth: { issuer: main }, rate_limit: { quota: 100/min, by: user } }]',
  ],
];

export function completed(fragment: string): string {
  const has = (key: string) => new RegExp(`^${key}:`, 'm').test(fragment);
  const missing = SECTIONS.filter(
    ([key]) => !has(key) && (key !== 'issuers' || !has('routes') || /\bmain\b/.test(fragment)),
  );
  return [fragment.trim(), ...missing.map(([, text]) => text), ''].join('\n');
}

/** The lines that an example marks, from 1. */
export function linesMarked(fragment: string): readonly number[] {
  return fragment
    .trim()
    .split('\n')
    .flatMap((line, at) => (line.includes('# here') ? [at + 1] : []));
}
