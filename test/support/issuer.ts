/**
 * A test issuer: makes keys, mints tokens, and forges them byte for byte where a
 * library would not. `createIssuer` needs no socket, for unit tests;
 * `startIssuer` serves the keys on a free port of this machine, goes down,
 * misbehaves on request and counts what was fetched.
 */
import * as crypto from 'node:crypto';
import { once } from 'node:events';
import * as http from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

export type IssuerAlgorithm =
  | 'RS256'
  | 'RS384'
  | 'RS512'
  | 'PS256'
  | 'PS384'
  | 'PS512'
  | 'ES256'
  | 'ES384'
  | 'ES512'
  | 'EdDSA';

export type Claims = Readonly<Record<string, unknown>>;

export interface SigningKey {
  readonly alg: IssuerAlgorithm;
  readonly kid: string;
  readonly privateKey: crypto.KeyObject;
  /** The public JWK with `kid`, `alg` and `use`. */
  readonly jwk: Claims;
}

export interface IssuerOptions {
  readonly issuer?: string;
  readonly audience?: string;
  /** One key each; the first one signs unless told otherwise. */
  readonly algorithms?: readonly IssuerAlgorithm[];
  /** Milliseconds since 1970. */
  readonly now?: () => number;
}

export interface MintOptions {
  /** Joined to `alg`, `kid` and `typ`; `undefined` takes one away. */
  readonly header?: Claims;
  readonly alg?: IssuerAlgorithm;
  readonly key?: SigningKey;
}

export interface Issuer {
  readonly issuer: string;
  readonly audience: string;
  readonly now: () => number;
  /** Good for five minutes, with `sub`, `tenant_id` and `scope`; `claims` are joined to it, `undefined` takes one away. */
  readonly mint: (claims?: Claims, options?: MintOptions) => Promise<string>;
  /** The claims of `mint`. */
  readonly claims: (claims?: Claims) => Claims;
  /** Signs exactly these bytes, whatever they are. */
  readonly signRaw: (header: string | Uint8Array, payload: string | Uint8Array, key?: SigningKey) => Promise<string>;
  /** The current key for an algorithm; the first one if none is named. */
  readonly key: (alg?: IssuerAlgorithm) => SigningKey;
  readonly jwks: () => { readonly keys: readonly Claims[] };
  /** New keys; the old ones stay in the set only with `keepOld`. */
  readonly rotate: (options?: { readonly keepOld?: boolean }) => Promise<void>;
}

export interface RunningIssuer extends Issuer {
  readonly jwksUri: string;
  /** How often the set was asked for. */
  readonly fetches: () => number;
  /** Connections are closed as they come, until `comeUp`. */
  readonly goDown: () => void;
  readonly comeUp: () => void;
  /** Answers in the place of the key set; `undefined` goes back to it. */
  readonly answerWith: (handler: http.RequestListener | undefined) => void;
  readonly close: () => Promise<void>;
}

export async function createIssuer(options: IssuerOptions = {}): Promise<Issuer> {
  const { issuer = 'https://auth.example.com', audience = 'orders-api', now = Date.now } = options;
  const algorithms = options.algorithms ?? ['RS256', 'ES256', 'EdDSA'];
  let generation = 1;
  const createKeys = () =>
    Promise.all(algorithms.map((alg) => createSigningKey(alg, `${alg.toLowerCase()}-${generation}`)));
  let keys = await createKeys();
  let retired: SigningKey[] = [];

  function key(alg: IssuerAlgorithm | undefined = algorithms[0]): SigningKey {
    const found = keys.find((one) => one.alg === alg);
    if (found === undefined) throw new Error(`the test issuer has no key for ${alg}`);
    return found;
  }

  function claims(more: Claims = {}): Claims {
    const seconds = Math.floor(now() / 1000);
    return {
      iss: issuer,
      aud: audience,
      sub: 'user-1',
      tenant_id: 'tenant-1',
      scope: 'orders:read',
      iat: seconds,
      exp: seconds + 300,
      ...more,
    };
  }

  return {
    issuer,
    audience,
    now,
    key,
    claims,
    async mint(more, { header, alg, key: chosen = key(alg) } = {}) {
      const fields = { alg: chosen.alg, kid: chosen.kid, typ: 'at+jwt', ...header };
      return signCompact(JSON.stringify(fields), JSON.stringify(claims(more)), chosen);
    },
    signRaw: async (header, payload, chosen = key()) => signCompact(header, payload, chosen),
    jwks: () => ({ keys: [...keys, ...retired].map((one) => one.jwk) }),
    async rotate({ keepOld = false } = {}) {
      generation++;
      const next = await createKeys();
      retired = keepOld ? [...keys, ...retired] : [];
      keys = next;
    },
  };
}

export async function startIssuer(options: IssuerOptions = {}): Promise<RunningIssuer> {
  const issuer = await createIssuer(options);
  const sockets = new Set<Socket>();
  let fetches = 0;
  let down = false;
  let handler: http.RequestListener | undefined;

  const server = http.createServer((request, response) => {
    fetches++;
    if (handler !== undefined) {
      handler(request, response);
      return;
    }
    response.setHeader('content-type', 'application/jwk-set+json');
    response.end(JSON.stringify(issuer.jwks()));
  });
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    if (down) socket.destroy();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;

  function drop(): void {
    for (const socket of sockets) socket.destroy();
  }

  return {
    ...issuer,
    jwksUri: `http://127.0.0.1:${port}/.well-known/jwks.json`,
    fetches: () => fetches,
    goDown() {
      down = true;
      drop();
    },
    comeUp() {
      down = false;
    },
    answerWith(next) {
      handler = next;
    },
    async close() {
      drop();
      server.close();
      await once(server, 'close');
    },
  };
}

const CURVES: Readonly<Record<string, string>> = { ES256: 'P-256', ES384: 'P-384', ES512: 'P-521' };

export async function createSigningKey(alg: IssuerAlgorithm, kid: string, modulusLength = 2048): Promise<SigningKey> {
  const privateKey = await generatePrivateKey(alg, modulusLength);
  const jwk = { ...crypto.createPublicKey(privateKey).export({ format: 'jwk' }), kid, alg, use: 'sig' };
  return { alg, kid, privateKey, jwk };
}

function generatePrivateKey(alg: IssuerAlgorithm, modulusLength: number): Promise<crypto.KeyObject> {
  const { promise, resolve, reject } = Promise.withResolvers<crypto.KeyObject>();
  const done = (error: Error | null, _: crypto.KeyObject, privateKey: crypto.KeyObject) =>
    error === null ? resolve(privateKey) : reject(error);
  const namedCurve = CURVES[alg];
  if (namedCurve !== undefined) crypto.generateKeyPair('ec', { namedCurve }, done);
  else if (alg === 'EdDSA') crypto.generateKeyPair('ed25519', {}, done);
  else crypto.generateKeyPair('rsa', { modulusLength }, done);
  return promise;
}

function signCompact(header: string | Uint8Array, payload: string | Uint8Array, key: SigningKey): string {
  const input = `${base64url(header)}.${base64url(payload)}`;
  return `${input}.${signBytes(input, key).toString('base64url')}`;
}

/** The signature that `key`'s algorithm gives these bytes. */
export function signBytes(input: string, { alg, privateKey }: SigningKey, saltLength?: number): Buffer {
  const digest = alg === 'EdDSA' ? null : `sha${alg.slice(2)}`;
  const bytes = Buffer.from(input);
  if (alg.startsWith('PS')) {
    const padding = crypto.constants.RSA_PKCS1_PSS_PADDING;
    return crypto.sign(digest, bytes, { key: privateKey, padding, saltLength: saltLength ?? Number(alg.slice(2)) / 8 });
  }
  return crypto.sign(digest, bytes, { key: privateKey, dsaEncoding: 'ieee-p1363' });
}

/** Canonical base64url of a text or of bytes. */
export function base64url(content: string | Uint8Array): string {
  return Buffer.from(content).toString('base64url');
}
