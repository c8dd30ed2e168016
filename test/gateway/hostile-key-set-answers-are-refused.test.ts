/** The fetch of key sets alone, over real sockets: what an endpoint may answer, and what it may not do to us. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { RequestListener } from 'node:http';
import * as https from 'node:https';
import type { AddressInfo } from 'node:net';
import { after, test } from 'node:test';
import * as tls from 'node:tls';
import * as zlib from 'node:zlib';
import { createJwksFetcher } from '../../src/auth/jwks-fetch.ts';
import { createCertificate } from '../support/certificate.ts';
import { createFakeClock } from '../support/clock.ts';
import { startIssuer } from '../support/issuer.ts';

const issuer = await startIssuer({ algorithms: ['ES256'] });
const clock = createFakeClock();
const fetchKeys = createJwksFetcher({ clock });
const body = JSON.stringify(issuer.jwks());

after(() => issuer.close());

async function fetchFrom(handler: RequestListener | undefined) {
  issuer.answerWith(handler);
  return fetchKeys(issuer.jwksUri);
}

const endless: RequestListener = (_, response) => {
  const write = () => {
    while (!response.destroyed && response.write('x'.repeat(65_536)));
  };
  response.on('drain', write);
  write();
};

test('a key set is read with its max-age', async () => {
  assert.deepEqual(await fetchFrom(undefined), { ...issuer.jwks(), maxAgeMs: undefined });
  for (const [header, maxAgeMs] of [
    ['max-age=600', 600_000],
    ['public, Max-Age="60"', 60_000],
    ['s-maxage=5, private', undefined],
    ['no-store', 0],
    ['max-age=600, no-cache', 0],
    ['max-age=x', undefined],
  ] as const) {
    const answer = await fetchFrom((_, response) => response.setHeader('cache-control', header).end(body));
    assert.equal(answer.maxAgeMs, maxAgeMs, header);
  }
});

test('JWKS-07 an answer that is too large is cut off, announced or not', async () => {
  await assert.rejects(
    fetchFrom((_, response) => response.end(`{"keys":[],"x":"${'x'.repeat(256 * 1024)}"}`)),
    /more than/,
  );
  await assert.rejects(fetchFrom(endless), /more than/);
});

test('JWKS-07 an answer that never ends is given up in time, silent or trickling', async () => {
  for (const handler of [
    () => {},
    (_request: unknown, response: { write: (text: string) => void }) => response.write('{'),
  ] satisfies RequestListener[]) {
    const before = issuer.fetches();
    const fetching = fetchFrom(handler);
    while (issuer.fetches() === before) await new Promise((resolve) => setImmediate(resolve));
    clock.advance(5000);
    await assert.rejects(fetching, /in time/);
  }
});

test('JWKS-07 an answer that is cut short is refused', async () => {
  await assert.rejects(
    fetchFrom((_, response) => {
      response.writeHead(200, { 'content-length': String(body.length) });
      response.write(body.slice(0, 10), () => response.destroy());
    }),
  );
});

test('JWKS-07 an encoded answer is refused before it is decoded', async () => {
  const bomb = zlib.gzipSync(Buffer.alloc(10 * 1024 * 1024));
  for (const encoding of ['gzip', 'br', Array(100).fill('gzip').join(', '), 'identity, gzip']) {
    await assert.rejects(
      fetchFrom((_, response) => response.setHeader('content-encoding', encoding).end(bomb)),
      /encoded/,
    );
  }
});

test('JWKS-08 a redirect is not followed', async () => {
  const elsewhere = await startIssuer({ algorithms: ['ES256'] });
  for (const status of [301, 302, 303, 307, 308]) {
    for (const location of [elsewhere.jwksUri, 'http://169.254.169.254/', '/other']) {
      await assert.rejects(
        fetchFrom((_, response) => response.writeHead(status, { location }).end()),
        /status 30/,
      );
    }
  }
  assert.equal(elsewhere.fetches(), 0);
  await elsewhere.close();
});

test('JWKS-08 a set in the clear is taken only from this machine', async () => {
  for (const uri of [
    'http://auth.example.com/jwks',
    'http://127.0.0.1.evil.example/',
    'http://169.254.169.254/',
    'file:///etc/passwd',
  ]) {
    await assert.rejects(fetchKeys(uri), /not https/, uri);
  }
});

for (const [what, text] of [
  ['HTML', '<!doctype html><title>Log in</title>'],
  ['nothing', ''],
  ['{}', '{}'],
  ['keys that are no list', '{"keys":{}}'],
  ['a list', '[]'],
  ['keys given twice', '{"keys":[],"keys":[]}'],
  ['a BOM', `\ufeff${body}`],
] as const) {
  test(`JWKS-09 ${what} is not a key set`, () =>
    assert.rejects(
      fetchFrom((_, response) => response.end(text)),
      /not a JWK Set/,
    ));
}

for (const status of [204, 206, 401, 404, 500, 503]) {
  test(`JWKS-09 status ${status} is not a key set`, () =>
    assert.rejects(
      fetchFrom((_, response) => response.writeHead(status).end(body)),
      /status/,
    ));
}

test('JWKS-05 an issuer that is down is an error, and one that is up again is not', async () => {
  issuer.goDown();
  await assert.rejects(fetchFrom(undefined));
  issuer.comeUp();
  assert.deepEqual((await fetchFrom(undefined)).keys, issuer.jwks().keys);
});

test('JWKS-12 a certificate that is expired, for another name or from nobody known is refused', async () => {
  const root = { name: 'Test root', ...createCertificate({ name: 'Test root', isAuthority: true }) };
  tls.setDefaultCACertificates([root.cert]);
  for (const [certificate, error] of [
    [createCertificate({ name: '127.0.0.1', issuer: root }), undefined],
    [createCertificate({ name: '127.0.0.1', issuer: root, notAfter: new Date('2021-01-01') }), /expired/],
    [createCertificate({ name: 'other.example', issuer: root }), /altnames|IP/i],
    [createCertificate({ name: '127.0.0.1' }), /self-signed/],
  ] as const) {
    const server = https.createServer(certificate, (_, response) => response.end(body)).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const fetching = fetchKeys(`https://127.0.0.1:${(server.address() as AddressInfo).port}/jwks`);
    if (error === undefined) assert.deepEqual((await fetching).keys, issuer.jwks().keys);
    else await assert.rejects(fetching, error);
    server.close();
  }
});
