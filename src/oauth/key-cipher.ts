/**
 * Private keys at rest. With a passphrase: AES-256-GCM under a key that scrypt
 * makes of it (N 2^16, r 8: about 64 MiB and a fifth of a second, once at start
 * for each salt in use), bound to the key's `kid`, so that two entries of the
 * store cannot be exchanged. Without one: the JWK as it is.
 */
import { createCipheriv, createDecipheriv, randomBytes, scrypt } from 'node:crypto';

export interface KeyCipher {
  readonly seal: (kid: string, text: string) => Promise<string>;
  /** The text, or why it cannot be had. */
  readonly open: (kid: string, sealed: string) => Promise<{ readonly text: string } | string>;
}

/** Version 1: `gk1.SALT.NONCE.TEXT.TAG`, base64url. Another way to derive or encrypt is another version. */
const VERSION = 'gk1';
const SCRYPT = { N: 2 ** 16, r: 8, p: 1, maxmem: 2 ** 27 };
const CIPHER = 'aes-256-gcm';
const [SALT_BYTES, NONCE_BYTES, TAG_BYTES] = [16, 12, 16];

export function createKeyCipher(passphrase: string | undefined): KeyCipher {
  if (passphrase === undefined) return PLAIN;
  const derived = new Map<string, Promise<Buffer>>();
  let ownSalt: string | undefined;

  function keyOf(salt: string): Promise<Buffer> {
    // One salt for all keys of a store: a start derives once. The nonce alone must differ, and it is random.
    ownSalt ??= salt;
    let key = derived.get(salt);
    if (key === undefined) {
      key = derive(passphrase!, Buffer.from(salt, 'base64url'));
      derived.set(salt, key);
    }
    return key;
  }

  return {
    async seal(kid, text) {
      const salt = ownSalt ?? randomBytes(SALT_BYTES).toString('base64url');
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv(CIPHER, await keyOf(salt), nonce, { authTagLength: TAG_BYTES });
      cipher.setAAD(Buffer.from(kid));
      const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
      return [VERSION, salt, ...[nonce, sealed, cipher.getAuthTag()].map((part) => part.toString('base64url'))].join(
        '.',
      );
    },
    async open(kid, sealed) {
      if (sealed.startsWith('{')) return { text: sealed };
      const [version, salt = '', ...rest] = sealed.split('.');
      if (version !== VERSION) return 'it was sealed by a newer version of this program';
      const [nonce, text, tag] = rest.map((part) => Buffer.from(part, 'base64url'));
      try {
        const decipher = createDecipheriv(CIPHER, await keyOf(salt), nonce!, { authTagLength: TAG_BYTES });
        decipher.setAAD(Buffer.from(kid));
        decipher.setAuthTag(tag!);
        return { text: decipher.update(text!, undefined, 'utf8') + decipher.final('utf8') };
      } catch {
        return 'it was sealed with another passphrase, or changed since';
      }
    },
  };
}

const PLAIN: KeyCipher = {
  seal: (_kid, text) => Promise.resolve(text),
  open: (_kid, sealed) =>
    Promise.resolve(sealed.startsWith('{') ? { text: sealed } : 'it is sealed, and no `key_passphrase` is configured'),
};

function derive(passphrase: string, salt: Buffer): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    scrypt(passphrase, salt, 32, SCRYPT, (error, key) => (error === null ? resolve(key) : reject(error)));
  });
}
