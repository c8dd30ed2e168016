import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { test } from 'node:test';
import { createCertificate } from '../../test/support/certificate.ts';
import { faultsOf as textFaults, withRoutes } from '../../test/support/configuration.ts';
import { sourceOf } from '../../test/support/source.ts';
import { formatFault } from './faults.ts';
import { parseConfig } from './load.ts';

const good = createCertificate({ name: 'gateway.test' });
const old = createCertificate({ name: 'gateway.test', notAfter: new Date('2021-01-01') });
const weak = createCertificate({ name: 'gateway.test', curve: 'prime192v1' });
const short = generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey;
const files = {
  'etc/edge.pem': good.cert,
  'etc/edge.key': good.key,
  'etc/weak.pem': weak.cert,
  'etc/weak.key': weak.key,
  'etc/chain.pem': good.cert + old.cert,
  'etc/damaged.pem': good.cert.replace(/\n.{30}/, '\nAAAA'),
  'etc/chain-damaged.pem': good.cert + good.cert.replace(/\n.{30}/, '\nAAAA'),
  'etc/damaged.key': good.key.replace(/\n.{30}/, '\nAAAA'),
  'etc/old.pem': old.cert,
  'etc/old.key': old.key,
  'etc/short.key': short.export({ type: 'pkcs8', format: 'pem' }) as string,
  'etc/locked.key': short.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' }) as string,
  'etc/text.pem': 'hello',
  'etc/long.pem': 'x'.repeat(1024 * 1024 + 1),
};
const wall = Date.UTC(2026, 0, 1);

function loaded(edge: string, upstream = "{ targets: ['http://127.0.0.1:1'] }") {
  const text = `${edge === '' ? '' : `tls: ${edge}`}
upstreams: { app: ${upstream} }
routes: [{ path: /*, kind: operations, upstream: app, auth: none }]
`;
  return parseConfig(text, 'etc/gatehouse.yaml', sourceOf({ files, wall }));
}

function faultsOf(edge: string, upstream?: string): readonly string[] {
  const result = loaded(edge, upstream);
  return (result.config === undefined ? result.faults : result.warnings).map(formatFault);
}

test('both forms come to the same, with files relative to the folder of the configuration', () => {
  for (const text of [
    '{ cert: ./edge.pem, key: edge.key }',
    '{ certificates: [{ cert: edge.pem, key: ./edge.key }] }',
    `{ cert: ${process.cwd()}/etc/edge.pem, key: edge.key }`,
  ]) {
    const tls = loaded(text).config?.tls;
    assert.equal(tls?.minVersion, 'TLSv1.2');
    const [certificate] = tls.certificates;
    assert.equal(certificate?.cert, good.cert);
    assert.deepEqual(certificate.names, ['gateway.test']);
    assert.equal(certificate.certFile, `${process.cwd()}/etc/edge.pem`);
    assert.ok(Object.isFrozen(certificate));
  }
  assert.deepEqual(faultsOf('{ cert: chain.pem, key: edge.key, min_version: TLSv1.3 }'), []);
});

test('what would fail a handshake is a fault where the file is named', () => {
  const cases: readonly (readonly [cert: string, key: string, of: 'cert' | 'key', fault: RegExp])[] = [
    ['none.pem', 'edge.key', 'cert', /`none.pem` cannot be used \(.*\/etc\/none.pem\); there is no such file/],
    ['long.pem', 'edge.key', 'cert', /over 1 MiB/],
    ['text.pem', 'edge.key', 'cert', /holds no certificate; write PEM/],
    ['edge.key', 'edge.key', 'cert', /holds no certificate; write PEM/],
    ['damaged.pem', 'edge.key', 'cert', /damaged/],
    ['chain-damaged.pem', 'edge.key', 'cert', /damaged/],
    ['edge.pem', 'edge.pem', 'key', /holds no private key; write PEM/],
    ['edge.pem', 'damaged.key', 'key', /damaged/],
    ['edge.pem', 'old.key', 'key', /not that of the certificate/],
    ['edge.pem', 'locked.key', 'key', /encrypted; write it without a passphrase/],
    ['edge.pem', 'short.key', 'key', /1024 bits; write one of 2048/],
    ['weak.pem', 'weak.key', 'key', /ee key too small.*make a key of P-256/],
  ];
  for (const [cert, key, of, fault] of cases) {
    const [line, ...others] = faultsOf(`{ cert: ${cert}, key: ${key} }`);
    assert.match(line!, fault);
    const column = `tls: { cert: `.length + 1 + (of === 'cert' ? 0 : `${cert}, key: `.length);
    assert.ok(line!.startsWith(`etc/gatehouse.yaml:1:${column}: `), line);
    assert.deepEqual(others, []);
  }
});

test('an expired certificate is a warning: the gateway may be started to see it', () => {
  const [line, ...others] = faultsOf('{ cert: old.pem, key: old.key }');
  assert.match(line!, /^etc\/gatehouse\.yaml:1:14: warning: the certificate expired on 2021-01-01: .*renew it$/);
  assert.deepEqual(others, []);
});

test('a certificate that is half there, twice there or not there is a fault', () => {
  assert.match(faultsOf('{ cert: edge.pem }').join('\n'), /^[^\n]*there is no `key` here[^\n]*$/);
  assert.equal(faultsOf('{}').length, 2);
  assert.match(faultsOf('{ certificates: [] }').join('\n'), /`certificates` is empty/);
  assert.match(faultsOf('{ certificates: [{ cert: edge.pem }] }').join('\n'), /there is no `key` here/);
  const both = '{ cert: edge.pem, key: edge.key, certificates: [{ cert: edge.pem, key: edge.key }] }';
  assert.match(faultsOf(both).join('\n'), /beside it/);
  assert.match(faultsOf('{ cert: edge.pem, key: edge.key, min_version: TLSv1.1 }').join('\n'), /TLSv1\.2/);
});

test('callers are asked for a certificate by mode and authority', () => {
  const edge = (clients: string) => `{ cert: edge.pem, key: edge.key, client_certificates: ${clients} }`;
  const settings = loaded(edge('{ mode: optional, ca: chain.pem }')).config?.tls?.clientCertificates;
  const file = `${process.cwd()}/etc/chain.pem`;
  assert.deepEqual(settings, { pem: files['etc/chain.pem'], file, required: false });
  assert.equal(loaded(edge('{ mode: require, ca: edge.pem }')).config?.tls?.clientCertificates?.required, true);
  assert.equal(loaded('{ cert: edge.pem, key: edge.key }').config?.tls?.clientCertificates, undefined);
  for (const [clients, fault] of [
    ['{ mode: require }', /no `ca`; name the file/],
    ['{ ca: edge.pem }', /no `mode`; write `require` or `optional`/],
    ['{ mode: maybe, ca: edge.pem }', /require.*optional/],
    ['{ mode: require, ca: none.pem }', /there is no such file/],
    ['{ mode: require, ca: edge.key }', /holds no certificate/],
    ['require', /write a map/],
  ] as const) {
    const lines = faultsOf(edge(clients));
    assert.match(lines.join('\n'), fault);
    assert.equal(lines.length, 1, clients);
  }
});

const ofUpstream = (settings: string, target = 'https://a.test') =>
  faultsOf('', `{ targets: ['${target}'], tls: { ${settings} } }`);

test('an upstream names its authority, its certificate and its name', () => {
  const upstream = `{ targets: ['https://a.test', 'http://b.test'], tls: { ca: chain.pem, cert: edge.pem, key: edge.key, server_name: c.test } }`;
  const tls = loaded('', upstream).config?.upstreams[0]?.tls;
  assert.deepEqual(tls?.ca, { pem: files['etc/chain.pem'], file: `${process.cwd()}/etc/chain.pem` });
  assert.equal(tls.certificate?.key, good.key);
  assert.deepEqual([tls.serverName, tls.verify], ['c.test', true]);
});

test('what an upstream cannot be spoken to with is a fault', () => {
  const cases: readonly (readonly [settings: string, fault: RegExp])[] = [
    ['ca: none.pem', /^etc\/gatehouse\.yaml:2:\d+: .*there is no such file/],
    ['ca: edge.key', /^etc\/gatehouse\.yaml:2:\d+: .*holds no certificate/],
    ['cert: edge.pem', /there is no `key` here/],
    ['cert: edge.pem, key: old.key', /not that of the certificate/],
    ['server_name: 10.0.0.1', /write a host name/],
    ['server_name: a.test.', /write a host name/],
  ];
  for (const [settings, fault] of cases) {
    const lines = ofUpstream(settings);
    assert.match(lines.join('\n'), fault);
    assert.equal(lines.length, 1);
  }
  assert.match(ofUpstream('ca: edge.pem', 'http://a.test').join('\n'), /no target with it; write `https:\/\/` targets/);
});

test('an upstream that is not verified is warned of, and what that means is said', () => {
  const [line, ...others] = ofUpstream('insecure_skip_verify: true');
  assert.match(line!, /^etc\/gatehouse\.yaml:2:\d+: warning: .*anybody on the way can pose as it/);
  assert.deepEqual(others, []);
  assert.deepEqual(ofUpstream('insecure_skip_verify: false'), []);
});

test('a port that redirects to TLS needs TLS and a port of its own', () => {
  const edge = '{ cert: edge.pem, key: edge.key }';
  assert.deepEqual(faultsOf(`${edge}\nredirect: 127.0.0.1:8081`), []);
  assert.deepEqual(loaded(`${edge}\nredirect: 0.0.0.0:80`).config?.redirect, { host: '0.0.0.0', port: 80 });
  for (const taken of ['127.0.0.1:8080', '0.0.0.0:8080', '127.0.0.1:9901']) {
    const [line, ...others] = faultsOf(`${edge}\nredirect: ${taken}`);
    assert.match(line!, /^etc\/gatehouse\.yaml:2:11: `redirect` is the port of/);
    assert.deepEqual(others, []);
  }
  assert.match(
    faultsOf(`{ cert: none.pem, key: edge.key }\nredirect: 127.0.0.1:8081`).join('\n'),
    /^[^\n]*no such file[^\n]*$/,
  );
  const plain = `${withRoutes('  - { path: /, kind: operations, upstream: app, auth: none }')}\nredirect: 127.0.0.1:8081`;
  assert.match(textFaults(plain).join('\n'), /there is no `tls`/);
  assert.doesNotMatch(textFaults(`${plain}\ntls: 5`).join('\n'), /there is no `tls`/);
});

test('H2-10 HTTP/2 is offered over TLS and not taken in cleartext unless the file says so, and cleartext is not for a port with TLS', () => {
  const edge = '{ cert: edge.pem, key: edge.key }';
  assert.deepEqual(loaded(edge).config?.http2, { tls: true, cleartext: false, streams: 100 });
  assert.deepEqual(loaded(`${edge}\nhttp2: { tls: false, streams: 5 }`).config?.http2, {
    tls: false,
    cleartext: false,
    streams: 5,
  });
  assert.match(faultsOf(`${edge}\nhttp2: { cleartext: true }`).join('\n'), /:2:21: `cleartext` is HTTP\/2 without TLS/);
  const plain = withRoutes('  - { path: /, kind: operations, upstream: app, auth: none }');
  assert.doesNotMatch(textFaults(`${plain}\nhttp2: { cleartext: true }`).join('\n'), /cleartext/);
});
