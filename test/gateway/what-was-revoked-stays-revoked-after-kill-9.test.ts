import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { after, test } from 'node:test';
import { promisify } from 'node:util';
import { ask } from '../support/client.ts';
import { createFolder } from '../support/folder.ts';
import { startGatewayProcess } from '../support/process.ts';
import { startUpstream } from '../support/upstream.ts';

const folder = createFolder();
const upstream = await startUpstream();
after(() => upstream.close());
const yaml = `
oauth2: { issuer: https://gateway.internal, store: 'sqlite:${folder}/gatehouse.db', audience: internal }
upstreams: { service: { targets: ["${upstream.url}"] } }
routes: [{ path: /*, kind: internal, upstream: service, auth: { issuer: self, scopes: [billing:read] }, rate_limit: none }]
`;
writeFileSync(`${folder}/gatehouse.yaml`, yaml);

async function gatehouse(...args: readonly string[]): Promise<string> {
  const command = ['src/cli.ts', ...args, '--config', `${folder}/gatehouse.yaml`, '--json'];
  return (await promisify(execFile)(process.execPath, command)).stdout;
}

test('OA-18 killed the instant after it answered, the gateway still knows what was given back and revoked', async () => {
  const client = JSON.parse(await gatehouse('clients', 'create', 'billing', '--scope', 'billing:read')) as {
    client_id: string;
    client_secret: string;
  };
  const Authorization = `Basic ${Buffer.from(`${client.client_id}:${client.client_secret}`).toString('base64')}`;
  const first = await startGatewayProcess(yaml);
  const post = (path: string, body: string) =>
    ask(first.port, path, {
      method: 'POST',
      headers: { Authorization, 'Content-Type': 'application/x-www-form-urlencoded' },
      body,
    });
  const token = async (): Promise<string> =>
    (await post('/oauth2/token', 'grant_type=client_credentials')).json<{ access_token: string }>().access_token;
  const [givenBack, revoked, good] = [await token(), await token(), await token()];
  const { jti } = JSON.parse(Buffer.from(revoked.split('.')[1]!, 'base64url').toString()) as { jti: string };
  await gatehouse('revoke', '--token', jti, '--reason', 'it was in a log');
  assert.equal((await post('/oauth2/revoke', `token=${givenBack}`)).status, 200);
  await first.stop('SIGKILL');

  const second = await startGatewayProcess(yaml);
  const call = (bearer: string) => ask(second.port, '/', { headers: { Authorization: `Bearer ${bearer}` } });
  assert.equal((await call(givenBack)).json().reason, 'revoked');
  assert.equal((await call(revoked)).json().reason, 'revoked');
  assert.equal((await call(good)).status, 200);
  await second.stop();
});
