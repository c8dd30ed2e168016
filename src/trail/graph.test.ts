import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TrailGroup } from '../store/store.ts';
import { dotOf, edgesOf, errorRate, mermaidOf } from './graph.ts';
import { unusedScopes } from './unused-scopes.ts';

function groupOf(client: string | undefined, more: Partial<TrailGroup> = {}): TrailGroup {
  return {
    issuer: 'https://a.example',
    client,
    route: '/billing/*',
    upstream: 'billing',
    scopes: ['billing:read'],
    refusal: undefined,
    detail: undefined,
    calls: 1,
    failed: 0,
    lastAt: 10,
    ...more,
  };
}

test('groups of one client, route and upstream are one edge, whatever their scopes and ends', () => {
  const edges = edgesOf([
    groupOf('orders', { calls: 6, failed: 1, lastAt: 30 }),
    groupOf('orders', { calls: 2, refusal: 'rate_limited', lastAt: 20 }),
    groupOf('orders', { calls: 1, refusal: 'circuit_open', failed: 1, scopes: [] }),
  ]);
  assert.deepEqual(edges, [
    { client: 'orders', route: '/billing/*', upstream: 'billing', calls: 9, errors: 4, lastAt: 30 },
  ]);
  assert.deepEqual(edges.map(errorRate), ['44.4%']);
});

test('a client of two issuers is two, and named so; calls come by number', () => {
  const edges = edgesOf([
    groupOf('orders'),
    groupOf('orders', { issuer: 'https://b.example', calls: 5 }),
    groupOf(undefined, { route: undefined, upstream: undefined, calls: 2 }),
  ]);
  assert.deepEqual(
    edges.map(({ client, route }) => `${client} ${route}`),
    ['orders (https://b.example) /billing/*', '- -', 'orders (https://a.example) /billing/*'],
  );
});

test('Mermaid draws it, and no label is syntax', () => {
  const edges = edgesOf([groupOf('a"] --> x["<b>#', { calls: 2, failed: 1 }), groupOf('b')]);
  assert.equal(
    mermaidOf(edges),
    `flowchart LR
  n0("/billing/*")
  n1["a#34;#93; --#62; x#91;#34;#60;b#62;#35;"]
  n2[("billing")]
  n3["b"]
  n1 -->|"2 calls, 50.0% errors"| n0
  n0 --> n2
  n3 -->|"1 call, 0.0% errors"| n0
`,
  );
});

test('Graphviz draws it, and no label is syntax', () => {
  assert.equal(
    dotOf(edgesOf([groupOf('a"\\\nb')])),
    String.raw`digraph calls {
  rankdir=LR;
  n0 [label="/billing/*", shape=oval];
  n1 [label="a\"\\ b", shape=box];
  n2 [label="billing", shape=cylinder];
  n1 -> n0 [label="1 call, 0.0% errors"];
  n0 -> n2;
}
`,
  );
});

test('a scope is unused that no call needed since then; one that was refused for another used none', () => {
  const clients = [
    { id: 'orders', scopes: ['a', 'b', 'c', 'd'] },
    { id: 'idle', scopes: ['a'] },
  ];
  const groups = [
    groupOf('orders', { scopes: ['a'], lastAt: 100 }),
    groupOf('orders', { scopes: ['a', 'b'], lastAt: 40 }),
    groupOf('orders', { scopes: ['c'], lastAt: 100, refusal: 'insufficient_scope' }),
    groupOf('orders', { scopes: ['d'], lastAt: 100, refusal: 'circuit_open' }),
    groupOf('idle', { scopes: ['a'], lastAt: 100, issuer: 'https://b.example' }),
  ];
  assert.deepEqual(unusedScopes(clients, groups, { issuer: 'https://a.example', since: 50 }), [
    { client: 'orders', scope: 'b', lastAt: 40 },
    { client: 'orders', scope: 'c', lastAt: undefined },
    { client: 'idle', scope: 'a', lastAt: undefined },
  ]);
});
