import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { test } from 'node:test';
import { createCertificate } from '../../test/support/certificate.ts';
import { createCertificateCheck, readClientCertificate } from './client-certificate.ts';

const authority = { name: 'Authority', ...createCertificate({ name: 'Authority', isAuthority: true }) };
const read = (names: { name: string; uris?: readonly string[]; emails?: readonly string[] }) =>
  readClientCertificate(new X509Certificate(createCertificate({ ...names, issuer: authority }).cert));

test('a certificate is read by kind of name', () => {
  const { claims } = read({
    name: 'orders.internal',
    uris: ['spiffe://example.org/orders', 'https://b.test/a,b'],
    emails: ['ops@example.org'],
  });
  assert.equal(claims.subject, 'CN=orders.internal');
  assert.equal(claims.issuer, 'CN=Authority');
  assert.match(claims.serial, /^[0-9a-f]{16,18}$/);
  assert.match(claims.fingerprint, /^[0-9a-f]{64}$/);
  assert.deepEqual(claims.dns, ['orders.internal']);
  assert.deepEqual(claims.uri, ['spiffe://example.org/orders', 'https://b.test/a,b']);
  assert.deepEqual(claims.email, ['ops@example.org']);
});

test('a name that holds what looks like more names is one name', () => {
  const { claims } = read({ name: 'orders.internal', uris: ['https://a.test/, DNS:admin.internal', 'x:"\\", DNS:b'] });
  assert.deepEqual(claims.dns, ['orders.internal']);
  assert.deepEqual(claims.uri, ['https://a.test/, DNS:admin.internal', 'x:"\\", DNS:b']);
});

test('a subject that looks like several parts is one part', () => {
  assert.equal(read({ name: 'a,O=Admins' }).claims.subject, String.raw`CN=a\,O=Admins`);
  assert.equal(read({ name: 'a\nO=Admins' }).claims.subject.includes('\n'), false);
  assert.notEqual(read({ name: 'a\nO=Admins' }).claims.subject, 'O=Admins,CN=a');
});

test('one of the names is enough, to the letter; none wanted takes any certificate and never nobody', () => {
  const caller = read({ name: 'orders.internal', uris: ['spiffe://example.org/orders'] });
  for (const [names, status] of [
    [[], undefined],
    [['orders.internal'], undefined],
    [['spiffe://example.org/orders'], undefined],
    [['CN=orders.internal'], undefined],
    [['other.internal', 'orders.internal'], undefined],
    [['other.internal'], 403],
    [['ORDERS.internal', 'internal', '*.internal', ''], 403],
  ] as const) {
    const check = createCertificateCheck(names);
    assert.equal(check(caller)?.status, status, names.join());
    assert.equal(check(undefined)?.code, 'certificate_required');
  }
});
