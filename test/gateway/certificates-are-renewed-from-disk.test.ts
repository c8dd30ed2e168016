import assert from 'node:assert/strict';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import * as tls from 'node:tls';
import { createCertificate } from '../support/certificate.ts';
import { connectSecure, requestText } from '../support/client.ts';
import { createFakeClock } from '../support/clock.ts';
import { createFolder } from '../support/folder.ts';
import { startGateway } from '../support/gateway.ts';
import { openRoute } from '../support/open-route.ts';
import { startUpstream } from '../support/upstream.ts';

const authority = { name: 'Test authority', ...createCertificate({ name: 'Test authority', isAuthority: true }) };
tls.setDefaultCACertificates([authority.cert]);
const folder = createFolder();
const create = (name: string) => createCertificate({ name, issuer: authority });
const write = (file: string, { cert, key }: { cert: string; key: string }) => {
  writeFileSync(join(folder, `${file}.pem`), cert);
  writeFileSync(join(folder, `${file}.key`), key);
};

write('first', create('gateway.test'));
write('second', create('second.test'));
const clock = createFakeClock();
const upstream = await startUpstream();
const pair = (file: string) => `{ cert: '${folder}/${file}.pem', key: '${folder}/${file}.key' }`;
const gateway = await startGateway(
  openRoute(upstream.url, `tls: { certificates: [${pair('first')}, ${pair('second')}] }\ntimeouts: { idle: 1h }`),
  { clock },
);
after(() => Promise.all([gateway.close(), upstream.close()]));

async function fingerprint(servername: string): Promise<string> {
  const connection = await connectSecure(gateway.port, { servername });
  const { fingerprint256 } = connection.socket.getPeerCertificate();
  connection.close();
  return fingerprint256;
}

/** Until the gateway has said `event` so often, however much time it takes. */
async function said(event: string, times: number): Promise<void> {
  while (gateway.events.filter((one) => one.event === event).length < times) {
    clock.advance(10_000);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

test('new files serve new connections, and a connection that is open stays', async () => {
  const open = await connectSecure(gateway.port);
  const before = [await fingerprint('gateway.test'), await fingerprint('second.test')];
  write('first', create('gateway.test'));
  await said('certificate_changed', 1);
  const first = await fingerprint('gateway.test');
  assert.notEqual(first, before[0]);
  assert.equal(await fingerprint('second.test'), before[1]);
  write('second', create('second.test'));
  await said('certificate_changed', 2);
  assert.notEqual(await fingerprint('second.test'), before[1]);
  assert.equal(await fingerprint('gateway.test'), first);
  open.send(requestText('/'));
  assert.equal((await open.reply()).status, 200);
  open.close();
});

test('new files that cannot be used leave the old certificate in place, and are said once', async () => {
  const before = await fingerprint('gateway.test');
  const broken: readonly (() => void)[] = [
    () => writeFileSync(join(folder, 'first.key'), create('gateway.test').key),
    () => writeFileSync(join(folder, 'first.pem'), 'not PEM'),
    () => rmSync(join(folder, 'first.pem')),
  ];
  for (const [at, damage] of broken.entries()) {
    damage();
    await said('certificate_rejected', at + 1);
    assert.equal(await fingerprint('gateway.test'), before);
  }
  const problems = gateway.events.filter(({ event }) => event === 'certificate_rejected');
  assert.match(String(problems[0]!.fields['problem']), /not that of the certificate/);
  write('first', create('gateway.test'));
  await said('certificate_changed', 3);
  assert.notEqual(await fingerprint('gateway.test'), before);
  assert.equal(gateway.events.filter(({ event }) => event === 'certificate_rejected').length, broken.length);
  assert.ok(!JSON.stringify(gateway.events).includes('PRIVATE KEY'));
});
