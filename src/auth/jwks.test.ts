import assert from 'node:assert/strict';
import * as crypto from 'node:crypto';
import { test } from 'node:test';
import { createSigningKey } from '../../test/support/issuer.ts';
import { readJwks } from './jwks.ts';

const rsa = (await createSigningKey('RS256', 'rsa')).jwk;
const ec = (await createSigningKey('ES256', 'ec')).jwk;
const ed = (await createSigningKey('EdDSA', 'ed')).jwk;

async function indexOf(...keys: readonly unknown[]) {
  const index = await readJwks(keys);
  assert.ok(typeof index !== 'string', JSON.stringify(index));
  return index;
}

function isKey(answer: unknown): boolean {
  return typeof answer === 'object' && (answer as { type: string }).type === 'public';
}

test('JWT-04 a key without alg is bound by its type and curve, one with alg to that alone', async () => {
  const anyRsa = { kty: 'RSA', n: rsa.n, e: rsa.e, kid: 'any-rsa' };
  const anyEc = { kty: 'EC', crv: 'P-256', x: ec.x, y: ec.y, kid: 'any-ec' };
  const { find } = await indexOf(rsa, ec, ed, anyRsa, anyEc);
  const fits = (kid: string) =>
    ['RS256', 'RS512', 'PS256', 'ES256', 'ES384', 'EdDSA'].filter((alg) => isKey(find(kid, alg)));
  assert.deepEqual(fits('rsa'), ['RS256']);
  assert.deepEqual(fits('ec'), ['ES256']);
  assert.deepEqual(fits('ed'), ['EdDSA']);
  assert.deepEqual(fits('any-rsa'), ['RS256', 'RS512', 'PS256']);
  assert.deepEqual(fits('any-ec'), ['ES256']);
  assert.equal(find('rsa', 'ES256'), 'algorithm');
  assert.equal(find('rsa', 'none'), 'algorithm');
  assert.equal(find('rsa', 'HS256'), 'algorithm');
});

test('JWT-15 a kid is compared whole and never a property name', async () => {
  const { find } = await indexOf(rsa, ec);
  for (const kid of ['RSA', 'rsa ', '', '__proto__', 'constructor', 'rsa\u0000'])
    assert.equal(find(kid, 'RS256'), 'unknown_key', kid);
});

test('JWT-16 without a kid the only key that fits is taken, and none if there are two', async () => {
  const { kid: _, ...nameless } = (await createSigningKey('RS256', '')).jwk;
  assert.ok(isKey((await indexOf(rsa, ec)).find(undefined, 'RS256')));
  assert.equal((await indexOf(rsa, nameless)).find(undefined, 'RS256'), 'unknown_key');
  assert.equal((await indexOf(ec)).find(undefined, 'RS256'), 'unknown_key');
  assert.ok(isKey((await indexOf(nameless)).find(undefined, 'RS256')));
});

test('JWT-17 one kid for keys of two types is no doubt, for keys of one type it is', async () => {
  const { find } = await indexOf({ ...rsa, kid: 'same' }, { ...ec, kid: 'same' });
  assert.ok(isKey(find('same', 'RS256')));
  assert.ok(isKey(find('same', 'ES256')));
  const second = (await createSigningKey('RS256', 'rsa')).jwk;
  assert.match((await readJwks([rsa, second])) as string, /same kid/);
});

const small = (await createSigningKey('RS256', 'bad', 1024)).jwk;
const privateJwk = crypto.generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'jwk' });

for (const [id, what, bad, why] of [
  ['JWT-36', 'an RSA key of 1024 bits', small, /1024 bits/],
  ['JWT-36', 'an exponent of 1', { ...rsa, e: 'AQ' }, /exponent/],
  ['JWT-36', 'a point off its curve', { ...ec, y: ec.x }, /curve/],
  ['JWT-36', 'a point of another curve', { ...ec, crv: 'P-384', alg: 'ES384' }, /curve/],
  ['JWT-36', 'an unsupported curve', { ...ec, crv: 'secp256k1' }, /unsupported/],
  ['JWT-36', 'an EC key without y', { kty: 'EC', crv: 'P-256', x: ec.x }, /broken/],
  ['JWT-36', 'an Ed25519 key of 31 bytes', { ...ed, x: (ed.x as string).slice(0, 41) }, /broken/],
  ['JWT-36', 'an alg that is not of the type', { ...rsa, alg: 'ES256' }, /algorithm/],
  ['JWT-37', 'a symmetric key', { kty: 'oct', k: 'AAAA', alg: 'HS256' }, /symmetric/],
  ['JWT-37', 'a private key', privateJwk, /private/],
  ['JWT-37', 'an RSA key with a prime of its modulus', { ...rsa, p: rsa.n }, /private/],
  ['JWT-37', 'an RSA key for HS256', { ...rsa, alg: 'HS256' }, /algorithm/],
  ['JWT-38', 'a key for encryption', { ...rsa, use: 'enc' }, /use/],
  ['JWT-38', 'a use that is no text', { ...rsa, use: ['sig'] }, /use/],
  ['JWT-38', 'key_ops without verify', { ...rsa, key_ops: ['sign'] }, /key_ops/],
  ['JWT-38', 'key_ops that is no list', { ...rsa, key_ops: 'verify' }, /key_ops/],
  ['JWKS-09', 'null', null, /object/],
  ['JWKS-09', 'a text', 'key', /object/],
  ['JWKS-09', 'an empty object', {}, /unsupported/],
] as const) {
  test(`${id} ${what} is skipped, and the others serve`, async () => {
    const named = typeof bad === 'object' && bad !== null ? { ...bad, kid: 'bad' } : bad;
    const index = await indexOf(named, ec);
    assert.equal(index.size, 1);
    assert.ok(isKey(index.find('ec', 'ES256')));
    assert.equal(index.find('bad', 'RS256'), 'unknown_key');
    assert.equal(index.skipped.length, 1);
    assert.match(index.skipped[0]!.why, why);
  });
}

test('JWKS-09 a set with no key to verify with is refused whole', async () => {
  assert.match((await readJwks([])) as string, /no key/);
  assert.match((await readJwks([{ ...rsa, use: 'enc' }])) as string, /no key/);
});

test('JWKS-07 a set of more than 100 keys is refused whole', async () => {
  const keys = Array.from({ length: 101 }, (_, n) => ({ ...ed, kid: `k${n}` }));
  assert.match((await readJwks(keys)) as string, /more than 100/);
  assert.equal((await indexOf(...keys.slice(1))).size, 100);
});
