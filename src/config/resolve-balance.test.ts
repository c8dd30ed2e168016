import assert from 'node:assert/strict';
import { test } from 'node:test';
import { configOf, faultsOf } from '../../test/support/configuration.ts';

const fileOf = (keys: string, auth = 'none') => `
issuers: { main: { issuer: https://auth.example.com, jwks_uri: https://auth.example.com/jwks, audience: api } }
upstreams: { app: { ${keys} } }
routes:
  - { path: /a, kind: internal, upstream: app, auth: { issuer: main } }
  - { path: /b, kind: operations, upstream: app, auth: ${auth} }
`;
const TARGETS = 'targets: [http://127.0.0.1:1, http://127.0.0.1:2]';
const balanceOf = (balance: string, auth?: string) =>
  configOf(fileOf(`${TARGETS}, balance: ${balance}`, auth)).config.upstreams[0]!.balance;

test('a strategy is a word, or a map that says what of a request decides', () => {
  assert.deepEqual(balanceOf('least_requests'), { strategy: 'least_requests' });
  assert.deepEqual(balanceOf('{ consistent_hash: { by: address } }'), {
    strategy: 'consistent_hash',
    by: { kind: 'address' },
  });
  assert.deepEqual(balanceOf('{ consistent_hash: { by: header:X-Tenant } }'), {
    strategy: 'consistent_hash',
    by: { kind: 'header', name: 'x-tenant' },
  });
  assert.deepEqual(balanceOf('{ consistent_hash: { by: claim:org.id } }', '{ issuer: main }'), {
    strategy: 'consistent_hash',
    by: { kind: 'claim', path: ['org', 'id'] },
  });
});

test('a target may weigh more than another', () => {
  const { targets } = configOf(fileOf('targets: [http://127.0.0.1:1, { url: http://127.0.0.1:2, weight: 3 }]')).config
    .upstreams[0]!;
  assert.deepEqual(
    targets.map(({ port, weight }) => [port, weight]),
    [
      [1, 1],
      [2, 3],
    ],
  );
});

const nonsense: readonly (readonly [keys: string, message: RegExp])[] = [
  [`${TARGETS}, balance: random`, /:3:\d+: .*write `round_robin`, `least_requests`, or/],
  [`${TARGETS}, balance: { consistent_hash: {} }`, /:3:\d+: .*write `by: header:NAME`/],
  [`${TARGETS}, balance: {}`, /:3:\d+: .*write `by: header:NAME`/],
  [`${TARGETS}, balance: { consistent_hash: { by: cookie:a } }`, /:3:\d+: .*`header:NAME` or `claim:NAME`/],
  [`${TARGETS}, balance: { consistent_hash: { by: 'header:a b' } }`, /:3:\d+: .*`header:NAME` or `claim:NAME`/],
  [`${TARGETS}, balance: { consistent_hash: { by: 'claim:a..b' } }`, /:3:\d+: .*`header:NAME` or `claim:NAME`/],
  [`${TARGETS}, balance: { consistent_hash: { by: claim:org } }`, /:6:\d+: .*this route asks for no token/],
  ['targets: [{ url: http://127.0.0.1:1, weight: 0 }]', /:3:\d+: .*from 1 to 1000/],
  ['targets: [{ weight: 2 }]', /:3:\d+: .*no `url`/],
  [`${TARGETS}, ramp_up: 1d`, /:3:\d+: .*from `0s` to `10m`/],
  [`${TARGETS}, panic_below: 0%`, /:3:\d+: .*from `1%` to `100%`/],
];

for (const [keys, message] of nonsense) {
  test(`${keys} is at fault`, () => {
    const [fault, ...others] = faultsOf(fileOf(keys)).filter((line) => !line.includes(': warning: '));
    assert.match(fault!, message);
    assert.deepEqual(others, []);
  });
}
