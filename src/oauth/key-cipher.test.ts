import assert from 'node:assert/strict';
import test from 'node:test';
import { createKeyCipher } from './key-cipher.ts';

const JWK = '{"kty":"EC","d":"secret"}';

test('with a passphrase a key is sealed, and opened again by whoever knows it', async () => {
  const cipher = createKeyCipher('correct horse');
  const sealed = await cipher.seal('k-1', JWK);
  assert.match(sealed, /^gk1(?:\.[\w-]+){4}$/);
  assert.ok(!sealed.includes('secret'));
  assert.notEqual(await cipher.seal('k-1', JWK), sealed);
  assert.deepEqual(await createKeyCipher('correct horse').open('k-1', sealed), { text: JWK });
});

test('another passphrase, another key id, a changed byte or a newer format opens nothing', async () => {
  const cipher = createKeyCipher('correct horse');
  const sealed = await cipher.seal('k-1', JWK);
  const parts = sealed.split('.');
  parts[3] = `${parts[3]!.startsWith('A') ? 'B' : 'A'}${parts[3]!.slice(1)}`;
  assert.match(JSON.stringify(await createKeyCipher('battery staple').open('k-1', sealed)), /another passphrase/);
  assert.match(JSON.stringify(await cipher.open('k-2', sealed)), /another passphrase/);
  assert.match(JSON.stringify(await cipher.open('k-1', parts.join('.'))), /another passphrase/);
  assert.match(JSON.stringify(await cipher.open('k-1', parts.slice(0, 4).join('.'))), /another passphrase/);
  assert.match(JSON.stringify(await cipher.open('k-1', `gk2${sealed.slice(3)}`)), /newer version/);
  assert.match(JSON.stringify(await createKeyCipher(undefined).open('k-1', sealed)), /no `key_passphrase`/);
});

test('keys from before there was a passphrase are still opened', async () => {
  const plain = await createKeyCipher(undefined).seal('k-1', JWK);
  assert.equal(plain, JWK);
  assert.deepEqual(await createKeyCipher('correct horse').open('k-1', plain), { text: JWK });
});
