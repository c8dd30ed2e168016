import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createSigningKey } from '../../test/support/issuer.ts';
import { faultOfRsaKey } from './rsa-key.ts';

const { n, e } = (await createSigningKey('RS256', 'k')).jwk as { n: string; e: string };

function encode(value: bigint): string {
  const hex = value.toString(16);
  return Buffer.from(hex.padStart(hex.length + (hex.length % 2), '0'), 'hex').toString('base64url');
}

test('a usual RSA key has no fault', () => assert.equal(faultOfRsaKey(n, e), undefined));

test('JWT-36 an RSA key under 2048 bits is refused, leading zeros or not', () => {
  assert.match(faultOfRsaKey(encode(2n ** 2047n - 1n), e)!, /2047 bits/);
  const padded = Buffer.concat([Buffer.alloc(200), Buffer.alloc(128, 0xff)]).toString('base64url');
  assert.match(faultOfRsaKey(padded, e)!, /1024 bits/);
});

test('an RSA key that makes every check slow is refused', () => {
  assert.match(faultOfRsaKey(encode(2n ** 8192n + 1n), e)!, /8193 bits/);
});

test('JWT-36 an exponent under which anybody can sign is refused', () => {
  for (const exponent of [0n, 1n, 2n, 65536n, 2n ** 64n + 1n])
    assert.match(faultOfRsaKey(n, encode(exponent))!, /exponent/);
  assert.equal(faultOfRsaKey(n, encode(3n)), undefined);
});

test('JWT-36 a key with the ROCA fingerprint is refused', () => {
  // A power of 65537 modulo every odd prime up to 167, made long enough.
  let primorial = 1n;
  for (let p = 3n; p <= 167n; p += 2n) {
    let prime = true;
    for (let d = 3n; d * d <= p; d += 2n) if (p % d === 0n) prime = false;
    if (prime) primorial *= p;
  }
  const residue = 65537n ** 9n % primorial;
  const modulus = (2n ** 2047n / primorial + 7n) * primorial + residue;
  assert.match(faultOfRsaKey(encode(modulus), e)!, /ROCA/);
  assert.equal(faultOfRsaKey(encode(modulus + 2n), e), undefined);
});

test('JWT-36 a key without its numbers is refused', () => {
  for (const bad of [undefined, '', 5, null]) {
    assert.match(faultOfRsaKey(bad, e)!, /without/);
    assert.match(faultOfRsaKey(n, bad)!, /without/);
  }
});
