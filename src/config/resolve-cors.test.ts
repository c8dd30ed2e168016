import assert from 'node:assert/strict';
import { test } from 'node:test';
import { configOf, faultsOf, routeFaults, routeOf, withRoutes } from '../../test/support/configuration.ts';

const OPEN = 'kind: operations, auth: none';

test('what is written, and the defaults beside it', () => {
  assert.deepEqual(
    routeOf(
      `${OPEN}, cors: { origins: [https://a.example, "https://*.b.example"], headers: [X-One, x-one], expose_headers: [ETag], credentials: true, max_age: 1h }`,
    ).cors,
    {
      origins: ['https://a.example', 'https://*.b.example'],
      methods: ['GET', 'HEAD', 'POST'],
      headers: ['x-one'],
      exposeHeaders: ['ETag'],
      credentials: true,
      maxAgeMs: 3_600_000,
    },
  );
  assert.equal(routeOf(OPEN).cors, undefined);
});

test('the default of the file is for routes that say nothing', () => {
  const route = (path: string, keys: string) => `  - { path: ${path}, upstream: app, ${OPEN} ${keys} }`;
  const { config } = configOf(
    `cors: { origins: [https://file.example] }\n${withRoutes([route('/a', ''), route('/b', ', cors: none'), route('/c', ', cors: { origins: ["*"] }')].join('\n'))}`,
  );
  assert.deepEqual(
    config.routes.map(({ cors }) => cors?.origins),
    [['https://file.example'], undefined, ['*']],
  );
});

for (const [cors, right] of [
  ['{ origins: ["*"], credentials: true }', /`\*` with `credentials`/],
  ['{ origins: [https://a.example, "*"], credentials: true }', /`\*` with `credentials`/],
  ['{ origins: [] }', /allows no origin/],
  ['{}', /allows no origin/],
  ['{ origins: ["null"] }', /sandboxed/],
  ['{ origins: [https://a.example/] }', /slash/],
  ['{ origins: https://a.example }', /write a list/],
  ['{ origins: ["*"], headers: ["*"] }', /name each header/],
  ['{ origins: ["*"], methods: ["*"] }', /`methods` holds `\*`; known are/],
  ['{ origins: ["*"], max_age: 2d }', /to `1d`/],
  ['{ origin: ["*"] }', /did you mean `origins`/],
  ['"*"', /write `none`, or a map/],
] as const) {
  test(`CORS-02 cors: ${cors} is refused`, () => {
    const faults = routeFaults(`path: /a, ${OPEN}, cors: ${cors}`);
    assert.equal(faults.length, 1, faults.join('\n'));
    assert.match(faults[0] ?? '', right);
  });
}

test('CORS-02 the default of the file is checked whether or not a route has it', () => {
  const faults = faultsOf(
    `cors: { origins: ["*"], credentials: true }\n${withRoutes(`  - { path: /a, upstream: app, ${OPEN}, cors: none }`)}`,
  );
  assert.match(faults[0] ?? '', /^g\.yaml:1:19: `\*` with `credentials`/);
});

test('pages that may not send the token are warned of', () => {
  const faults = routeFaults(
    'path: /a, kind: public, auth: { issuer: main }, rate_limit: calls, cors: { origins: ["*"] }',
  );
  assert.match(faults[0] ?? '', /^warning: pages may not send `authorization`.*`headers: \[authorization\]`/);
});
