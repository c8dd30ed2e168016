import assert from 'node:assert/strict';
import { test } from 'node:test';
import { routeOf } from '../../test/support/configuration.ts';
import type { Passage } from '../passage.ts';
import { refuse } from '../refusal.ts';
import { createRefusals, type Refusals } from './refusals.ts';

const CONFIG = { file: 'g.yaml', failedAuthentications: undefined };
const ROUTE = routeOf('kind: internal, auth: { issuer: main }, rate_limit: none');
const EXPIRED = refuse('invalid_token', { reason: 'expired' });

function keep(refusals: Refusals, requestId: string, { token = '', path = '/a' } = {}): void {
  const [names, values] = token === '' ? [[], []] : [['authorization'], [`Bearer ${token}`]];
  const request = { method: 'GET', rawPath: path, query: 'secret=1', host: 'a', names, values };
  const passage = { request, requestId, address: '192.0.2.1', path, route: { name: 'GET /a', config: ROUTE } };
  refusals.keeper(CONFIG)(passage as unknown as Passage, { refusal: EXPIRED, stage: 'authenticate', atMs: 5 });
}

test('what is kept is what is needed, and neither the signature nor the query', () => {
  const refusals = createRefusals();
  keep(refusals, 'one', { token: 'aGVhZA.cGF5bG9hZA.c2ln' });
  const { refusal, route, config, principal, ...texts } = refusals.find('one')!;
  assert.deepEqual(texts, {
    requestId: 'one',
    method: 'GET',
    address: '192.0.2.1',
    path: '/a',
    unsigned: 'aGVhZA.cGF5bG9hZA',
    atMs: 5,
    stage: 'authenticate',
    routeName: 'GET /a',
  });
  assert.deepEqual([refusal, route, config, principal], [EXPIRED, ROUTE, CONFIG, undefined]);
  assert.equal(refusals.find('on'), undefined);
});

for (const token of ['opaque', 'a.b', '.a.b', 'a.b.c.d.e', 'a b.c.d', '']) {
  test(`nothing is kept of ${JSON.stringify(token)}, which is no JWS`, () => {
    const refusals = createRefusals();
    keep(refusals, 'one', { token });
    assert.equal(refusals.find('one')?.unsigned, undefined);
  });
}

test('a path with spaces in it stays one, and a long one is cut', () => {
  const refusals = createRefusals();
  keep(refusals, 'one', { path: '/a b c', token: 'x.y.z' });
  assert.deepEqual([refusals.find('one')?.path, refusals.find('one')?.unsigned], ['/a b c', 'x.y']);
  keep(refusals, 'two', { path: `/${'x'.repeat(5000)}` });
  assert.equal(refusals.find('two')?.path.length, 200);
});

test('of many the latest are kept, and of two with one id the later', () => {
  const refusals = createRefusals({ entries: 3, bytes: 1_000_000 });
  for (const id of ['a', 'b', 'c', 'd']) keep(refusals, id);
  assert.equal(refusals.size(), 3);
  assert.equal(refusals.find('a'), undefined);
  for (const id of ['b', 'c', 'd']) assert.ok(refusals.find(id), id);
  keep(refusals, 'd', { path: '/again' });
  assert.equal(refusals.find('d')?.path, '/again');
});

test('of long ones no more are kept than there are bytes for', () => {
  const refusals = createRefusals({ entries: 1000, bytes: 10_000 });
  for (let at = 0; at < 100; at++) keep(refusals, `id-${at}`, { token: `${'x'.repeat(2000)}.y.z` });
  assert.equal(refusals.size(), 4);
  assert.ok(refusals.find('id-99') && !refusals.find('id-95'));
  // One that is larger than all there may be is alone, and is the next to go.
  keep(refusals, 'large', { token: `${'x'.repeat(16_000)}.y.z` });
  assert.deepEqual([refusals.size(), refusals.find('large') !== undefined], [1, true]);
  keep(refusals, 'small');
  assert.equal(refusals.size(), 1);
});
