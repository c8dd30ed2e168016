import assert from 'node:assert/strict';
import { test } from 'node:test';
import { configOf, faultsOf } from '../../test/support/configuration.ts';

const withCredentials = (lines: string) => `upstreams:
  app:
    targets: ['http://127.0.0.1:3000']
    client_credentials:
${lines}
routes: [{ path: /, kind: operations, upstream: app, auth: none, rate_limit: none }]
`;

test('OA-14 what a token is asked for with comes from the file, the secret by reference', () => {
  const text = withCredentials(`      token_endpoint: https://auth.example.com/token
      client_id: gateway
      client_secret: \${SECRET}
      scopes: [a, b]`);
  const { config, warnings } = configOf(text, { SECRET: 's3cret' });
  assert.deepEqual(warnings, []);
  assert.deepEqual(config.upstreams[0]!.clientCredentials, {
    endpoint: 'https://auth.example.com/token',
    clientId: 'gateway',
    clientSecret: 's3cret',
    authMethod: 'client_secret_basic',
    scopes: ['a', 'b'],
    audience: undefined,
    resources: [],
  });
});

test('OA-14 what is missing, in the clear on the way, or written out is told with its place', () => {
  assert.deepEqual(
    faultsOf(withCredentials('      scopes: [a]')).map((fault) => fault.replace(/;.*/, '')),
    [
      'g.yaml:4:5: `client_credentials` has no `token_endpoint`',
      'g.yaml:4:5: `client_credentials` has no `client_id`',
      'g.yaml:4:5: `client_credentials` has no `client_secret`',
    ].toSorted(),
  );
  const faults = faultsOf(
    withCredentials(`      token_endpoint: http://auth.example.com/token
      client_id: gateway
      client_secret: hunter2-hunter2`),
  );
  assert.deepEqual(faults, [
    'g.yaml:5:23: `token_endpoint` is `http://auth.example.com/token`; write `https://`: over plain http anybody on the way can read the secret',
    'g.yaml:7:22: a secret stands in the file for all to read; write `${NAME}` and set the variable, or `file:PATH`',
  ]);
});
