/**
 * Tokens that must be refused, each under the row of the attack matrix it comes
 * from. They are made for an issuer with RS256, ES256 and EdDSA keys whose
 * audience is checked, and a route that requires `sub` and `tenant_id` with a
 * skew of 30 s. Sent as a bearer token, each must end in 401 `invalid_token`, or
 * in 431 where the limit of the head is smaller than the token. Make them when
 * they are used: some are about the present moment.
 */
import * as crypto from 'node:crypto';
import type { TokenFault } from '../../src/refusal.ts';
import { type Claims, type Issuer, type SigningKey, base64url, createSigningKey, signBytes } from './issuer.ts';

export interface HostileToken {
  readonly id: string;
  readonly what: string;
  readonly token: string;
  /** Why it may be refused; any other reason is a fault of the test or of the gateway. */
  readonly reasons: readonly TokenFault[];
}

/** What each row may be refused for, so that a test sees when a token is refused for some other fault. */
const REASONS: Readonly<Record<string, readonly TokenFault[]>> = {
  'JWT-01': ['algorithm', 'malformed'],
  'JWT-02': ['algorithm'],
  'JWT-03': ['algorithm'],
  'JWT-04': ['algorithm', 'unknown_key'],
  'JWT-05': ['algorithm'],
  'JWT-06': ['algorithm'],
  'JWT-07': ['signature', 'malformed'],
  'JWT-08': ['signature'],
  'JWT-09': ['signature'],
  'JWT-10': ['malformed', 'signature'],
  'JWT-11': ['malformed'],
  'JWT-12': ['malformed', 'algorithm'],
  'JWT-13': ['malformed'],
  'JWT-14': ['malformed'],
  'JWT-15': ['unknown_key', 'malformed'],
  'JWT-18': ['malformed'],
  'JWT-19': ['malformed'],
  'JWT-20': ['malformed'],
  'JWT-21': ['malformed'],
  'JWT-22': ['malformed'],
  'JWT-23': ['malformed'],
  'JWT-24': ['malformed', 'algorithm', 'issuer'],
  'JWT-25': ['claim'],
  'JWT-26': ['claim', 'malformed'],
  'JWT-28': ['expired', 'not_yet_valid'],
  'JWT-29': ['claim', 'not_yet_valid', 'malformed'],
  'JWT-31': ['issuer'],
  'JWT-32': ['audience'],
  'JWT-34': ['malformed'],
  'JWT-35': ['claim'],
  'JWT-42': ['claim'],
  'JWT-43': ['claim'],
};

export async function hostileTokens(issuer: Issuer): Promise<HostileToken[]> {
  const forge = await createForge(issuer);
  const groups = await Promise.all(GROUPS.map((group) => group(forge)));
  return groups.flat().map((token) => ({ ...token, reasons: REASONS[token.id]! }));
}

interface Forge {
  readonly issuer: Issuer;
  readonly rsa: SigningKey;
  readonly ec: SigningKey;
  /** A good token, and its parts. */
  readonly good: string;
  readonly parts: readonly [header: string, payload: string, signature: string];
  /** Signs a header and the usual claims, or claims and the usual header. */
  readonly withHeader: (header: Claims | string, key?: SigningKey) => Promise<string>;
  readonly withClaims: (claims: Claims | string | Uint8Array) => Promise<string>;
  readonly seconds: number;
}

type Forged = Omit<HostileToken, 'reasons'>;

type Group = (forge: Forge) => Promise<Forged[]>;

async function createForge(issuer: Issuer): Promise<Forge> {
  const rsa = issuer.key('RS256');
  const good = await issuer.mint();
  const usual = { alg: rsa.alg, kid: rsa.kid };
  return {
    issuer,
    rsa,
    ec: issuer.key('ES256'),
    good,
    parts: good.split('.') as [string, string, string],
    withHeader: (header, key = rsa) =>
      issuer.signRaw(
        typeof header === 'string' ? header : JSON.stringify({ alg: key.alg, kid: key.kid, ...header }),
        JSON.stringify(issuer.claims()),
        key,
      ),
    withClaims: (claims) =>
      issuer.signRaw(
        JSON.stringify(usual),
        typeof claims === 'string' || claims instanceof Uint8Array ? claims : JSON.stringify(issuer.claims(claims)),
        rsa,
      ),
    seconds: Math.floor(issuer.now() / 1000),
  };
}

/** One row: `variants` by what they are. */
function row(id: string, variants: Readonly<Record<string, string>>): Forged[] {
  return Object.entries(variants).map(([what, token]) => ({ id, what, token }));
}

/** One row whose variants differ in a value. */
async function rowOf(id: string, name: string, values: readonly unknown[], make: (value: unknown) => Promise<string>) {
  const tokens = await Promise.all(values.map(make));
  return tokens.map((token, at) => ({ id, what: `${name} ${show(values[at])}`, token }));
}

function show(value: unknown): string {
  const text = JSON.stringify(value) ?? 'missing';
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}

const algorithmNone: Group = async ({ parts: [, payload, signature], rsa }) =>
  ['none', 'None', 'NONE', 'nOnE', '', 'none ', '\u0000none'].flatMap((alg) => {
    const header = base64url(JSON.stringify({ alg, kid: rsa.kid }));
    return row('JWT-01', {
      [`alg ${show(alg)} without a signature`]: `${header}.${payload}.`,
      [`alg ${show(alg)} with the old signature`]: `${header}.${payload}.${signature}`,
    });
  });

const algorithmType: Group = async ({ withHeader }) => [
  ...(await rowOf('JWT-02', 'alg', [undefined, null, 256, ['RS256'], { name: 'RS256' }, true], (alg) =>
    withHeader({ alg }),
  )),
  ...(await rowOf('JWT-06', 'alg', ['rs256', 'RS256 ', 'RSA256', 'SHA256withRSA', 'Rs256'], (alg) =>
    withHeader({ alg }),
  )),
];

/** The public key as an HMAC secret, in every form an implementation might hold it in (CVE-2026-34950: leading whitespace). */
const hmacWithPublicKey: Group = async ({ rsa, parts: [, payload] }) => {
  const key = crypto.createPublicKey(rsa.privateKey);
  const spki = key.export({ type: 'spki', format: 'pem' }) as string;
  const pkcs1 = key.export({ type: 'pkcs1', format: 'pem' }) as string;
  const der = key.export({ type: 'spki', format: 'der' });
  const secrets: Record<string, string | Buffer> = {
    'PEM SPKI': spki,
    'PEM SPKI without its last newline': spki.trim(),
    'PEM PKCS#1': pkcs1,
    'PEM PKCS#1 without its last newline': pkcs1.trim(),
    'leading space': ` ${spki}`,
    'leading newline': `\n${spki}`,
    'leading tab': `\t${pkcs1}`,
    CRLF: spki.replaceAll('\n', '\r\n'),
    'DER SPKI': der,
    'DER PKCS#1': key.export({ type: 'pkcs1', format: 'der' }),
    'base64 of DER': der.toString('base64'),
    'base64url of DER': der.toString('base64url'),
    'JWK JSON': JSON.stringify(rsa.jwk),
    n: rsa.jwk.n as string,
    empty: '',
    zeros: Buffer.alloc(32),
  };
  return Object.entries(secrets).map(([what, secret]) => {
    const input = `${base64url(JSON.stringify({ alg: 'HS256', kid: rsa.kid }))}.${payload}`;
    const signature = crypto.createHmac('sha256', secret).update(input).digest('base64url');
    return { id: 'JWT-03', what: `HS256 with the public key as secret: ${what}`, token: `${input}.${signature}` };
  });
};

const algorithmOfAnotherKey: Group = async ({ issuer, rsa, ec, parts: [, payload] }) => {
  const claims = JSON.stringify(issuer.claims());
  const sign = (alg: SigningKey['alg'], kid: string, key: SigningKey) =>
    issuer.signRaw(JSON.stringify({ alg, kid }), claims, { ...key, alg });
  const dressed = base64url(JSON.stringify({ alg: 'ES256', kid: rsa.kid }));
  return [
    ...row('JWT-04', {
      'PS256 with a key for RS256': await sign('PS256', rsa.kid, rsa),
      'PS256 with a key for RS256, no kid': await issuer.signRaw('{"alg":"PS256"}', claims, { ...rsa, alg: 'PS256' }),
    }),
    ...row('JWT-05', {
      'RS384 with a key for RS256': await sign('RS384', rsa.kid, rsa),
      'RS512 with a key for RS256': await sign('RS512', rsa.kid, rsa),
      'ES256 by the kid of an RSA key': await sign('ES256', rsa.kid, ec),
      'RS256 by the kid of an EC key': await sign('RS256', ec.kid, rsa),
      'ES256 over an RS256 signature': `${dressed}.${payload}.${signBytes(`${dressed}.${payload}`, rsa).toString('base64url')}`,
    }),
  ];
};

const signature: Group = async ({ issuer, rsa, parts: [header, payload, mark] }) => {
  const bytes = Buffer.from(mark, 'base64url');
  const flipped = Buffer.from(bytes);
  flipped[100]! ^= 1;
  const signed = (signatureBytes: Uint8Array) => `${header}.${payload}.${base64url(signatureBytes)}`;
  const stranger = { ...(await createSigningKey('RS256', rsa.kid)) };
  return row('JWT-07', {
    empty: `${header}.${payload}.`,
    'a bit flipped': signed(flipped),
    truncated: signed(bytes.subarray(0, 255)),
    'one byte longer': signed(Buffer.concat([bytes, Buffer.alloc(1)])),
    'a zero in front': signed(Buffer.concat([Buffer.alloc(1), bytes])),
    'all zero': signed(Buffer.alloc(256)),
    'another key': await issuer.mint({}, { key: stranger }),
    'payload swapped': `${header}.${base64url(JSON.stringify(issuer.claims({ sub: 'admin' })))}.${mark}`,
    'header swapped': `${base64url(JSON.stringify({ alg: 'RS256', kid: rsa.kid, typ: 'JWT' }))}.${payload}.${mark}`,
  });
};

const ecdsa: Group = async ({ issuer, ec }) => {
  const token = await issuer.mint({}, { key: ec });
  const input = token.slice(0, token.lastIndexOf('.'));
  const good = Buffer.from(token.slice(input.length + 1), 'base64url');
  const order = Buffer.from('ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551', 'hex');
  const der = crypto.sign('sha256', Buffer.from(input), ec.privateKey);
  const signed = (bytes: Uint8Array) => `${input}.${base64url(bytes)}`;
  return row('JWT-08', {
    'r = s = 0': signed(Buffer.alloc(64)),
    'r = s = n': signed(Buffer.concat([order, order])),
    'r = 0': signed(Buffer.concat([Buffer.alloc(32), good.subarray(32)])),
    's = n': signed(Buffer.concat([good.subarray(0, 32), order])),
    DER: signed(der),
    '63 bytes': signed(good.subarray(0, 63)),
    '65 bytes': signed(Buffer.concat([good, Buffer.alloc(1)])),
    '9 kB of 0xff': signed(Buffer.alloc(9000, 0xff)),
  });
};

/** A PKCS#1 block of 2048 bits: `00 type fill… 00 tail`, then `garbage` bytes. */
function block(type: number, fill: number, tail: Buffer, garbage = 0): Buffer {
  const filling = Buffer.alloc(256 - 3 - tail.length - garbage, fill);
  return Buffer.concat([Buffer.from([0, type]), filling, Buffer.from([0]), tail, Buffer.alloc(garbage, 0x5a)]);
}

/** PKCS#1 v1.5 blocks that a lax verifier takes (CVE-2006-4339 and its line), signed with the true key. */
const rsaPadding: Group = async ({ issuer, rsa }) => {
  const input = `${base64url(JSON.stringify({ alg: 'RS256', kid: rsa.kid }))}.${base64url(JSON.stringify(issuer.claims()))}`;
  const hash = crypto.createHash('sha256').update(input).digest();
  const info = Buffer.from('3031300d060960864801650304020105000420', 'hex');
  const withoutNull = Buffer.from('302f300b06096086480165030402010420', 'hex');
  const sha1 = Buffer.from('3021300906052b0e03021a05000414', 'hex');
  const body = Buffer.concat([info, hash]);
  const separatorless = block(1, 0xff, body);
  separatorless[256 - body.length - 1] = 0xff;
  const blocks: Record<string, Buffer> = {
    'garbage after the hash': block(1, 0xff, body, 64),
    'block type 2': block(2, 0xff, body),
    'block type 0': block(0, 0, body),
    'padding of zeros': block(1, 0, body),
    'no separator': separatorless,
    'no DigestInfo': block(1, 0xff, hash),
    'no NULL parameters': block(1, 0xff, Buffer.concat([withoutNull, hash])),
    'DigestInfo of SHA-1': block(1, 0xff, Buffer.concat([sha1, hash.subarray(0, 20)])),
    'a leading byte of 1': Buffer.concat([Buffer.from([0x01]), block(1, 0xff, body).subarray(1)]),
  };
  const modulus = BigInt(`0x${Buffer.from(rsa.jwk.n as string, 'base64url').toString('hex')}`);
  const forged = Object.entries(blocks)
    .filter(([, bytes]) => BigInt(`0x${bytes.toString('hex')}`) < modulus)
    .map(([what, bytes]) => ({
      id: 'JWT-09',
      what: `PKCS#1 v1.5: ${what}`,
      token: `${input}.${base64url(crypto.privateDecrypt({ key: rsa.privateKey, padding: crypto.constants.RSA_NO_PADDING }, bytes))}`,
    }));
  return forged;
};

const encoding: Group = async ({ parts: [header, payload, mark], good }) => {
  const last = mark.at(-1)!;
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  const looseTail = alphabet[alphabet.indexOf(last) + 1]!;
  return row('JWT-10', {
    'padding after the signature': `${good}==`,
    'padding after the header': `${header}=.${payload}.${mark}`,
    'a tail bit that says nothing': `${header}.${payload}.${mark.slice(0, -1)}${looseTail}`,
    'a plus': `${header}.${payload}.+${mark.slice(1)}`,
    'a slash': `${header}.${payload}./${mark.slice(1)}`,
    'a star inside': `${header}.${payload.slice(0, 8)}*${payload.slice(8)}.${mark}`,
    'a percent escape': good.replace('.', '%2E'),
    'not ASCII': `${header}.${payload.slice(0, 8)}é${payload.slice(8)}.${mark}`,
    'one character over': `${header}.${payload}.${mark}A`,
  });
};

const parts: Group = async ({ parts: [header, payload, mark], good }) =>
  row('JWT-11', {
    'one part': header,
    'two parts': `${header}.${payload}`,
    'four parts': `${good}.${mark}`,
    'five parts': `${good}.${mark}.${mark}`,
    'empty header': `.${payload}.${mark}`,
    'empty payload': `${header}..${mark}`,
    'leading dot': `.${good}`,
    'trailing dot': `${good}.`,
    'only dots': '..',
    '7000 dots': '.'.repeat(7000),
    'over 16 KiB': `${header}.${payload}.${mark.repeat(60)}`,
  });

const serialization: Group = async ({ parts: [header, payload, mark] }) => {
  const flattened = JSON.stringify({ payload, protected: header, signature: mark });
  const general = JSON.stringify({ payload, signatures: [{ protected: header, signature: mark }] });
  return row('JWT-12', {
    flattened,
    general,
    'flattened, encoded': base64url(flattened),
    'general in a part': `${base64url(general)}.${payload}.${mark}`,
  });
};

const embeddedKey: Group = async ({ withHeader, rsa }) => {
  const stranger = await createSigningKey('RS256', rsa.kid);
  const { kid: _, ...bare } = stranger.jwk;
  const url = 'http://127.0.0.1:9/jwks.json';
  return [
    ...row('JWT-13', {
      'jwk of a stranger': await withHeader({ jwk: bare, kid: undefined }, stranger),
      'jwk of a stranger with the trusted kid': await withHeader({ jwk: stranger.jwk }, stranger),
      'x5c of a stranger': await withHeader({ x5c: ['MIIB'] }, stranger),
      'jwk in a token that is signed rightly': await withHeader({ jwk: rsa.jwk }),
      'x5c in a token that is signed rightly': await withHeader({ x5c: ['MIIB'] }),
    }),
    ...row('JWT-14', {
      jku: await withHeader({ jku: url }),
      'jku of a stranger': await withHeader({ jku: url }, stranger),
      x5u: await withHeader({ x5u: url }),
      'jku null': await withHeader({ jku: null }),
    }),
  ];
};

const keyId: Group = async ({ withHeader, rsa }) => {
  const kids = [
    '../../../../dev/null',
    "' UNION SELECT 'key' --",
    'https://evil.example/jwks.json',
    '; id |',
    '__proto__',
    'constructor',
    'toString',
    `${rsa.kid}\u0000`,
    `${rsa.kid}\r\n`,
    rsa.kid.toUpperCase(),
    `${rsa.kid} `,
    '',
    'k'.repeat(6000),
    null,
    1,
    true,
    [rsa.kid],
    { kid: rsa.kid },
  ];
  return rowOf('JWT-15', 'kid', kids, (kid) => withHeader({ kid }));
};

const criticalHeader: Group = async ({ withHeader }) => [
  ...(await rowOf(
    'JWT-18',
    'crit',
    [['exp'], ['unknown'], [], 'exp', {}, null, ['alg'], ['absent'], ['toString'], [1], ['b64']],
    (crit) => withHeader({ crit, exp: 1, unknown: 1 }),
  )),
  ...row('JWT-19', {
    'b64 false': await withHeader({ b64: false }),
    'b64 false, critical': await withHeader({ b64: false, crit: ['b64'] }),
  }),
];

function jwe(header: Claims): string {
  return [base64url(JSON.stringify(header)), 'AAAA', 'AAAA', 'AAAA', 'AAAA'].join('.');
}

const encryption: Group = async ({ withHeader }) => {
  return [
    ...row('JWT-20', {
      'zip in a JWS': await withHeader({ zip: 'DEF' }),
      'enc in a JWS': await withHeader({ enc: 'A128GCM' }),
      'a JWE': jwe({ alg: 'RSA-OAEP', enc: 'A256GCM' }),
      'a JWE with dir': jwe({ alg: 'dir', enc: 'A128GCM' }),
      'PBES2 with an endless count': jwe({ alg: 'PBES2-HS256+A128KW', enc: 'A128GCM', p2c: 2 ** 31 - 1, p2s: 'AAAA' }),
      'a JWE to be inflated': jwe({ alg: 'dir', enc: 'A128GCM', zip: 'DEF' }),
    }),
    ...(await rowOf('JWT-21', 'cty', ['JWT', 'jwt', 'application/jwt'], (cty) => withHeader({ cty }))),
  ];
};

const json: Group = async ({ issuer, withClaims, withHeader, rsa }) => {
  const usual = JSON.stringify(issuer.claims());
  const open = usual.slice(0, -1);
  const withText = async (id: string, texts: Record<string, string | Uint8Array>) =>
    row(
      id,
      Object.fromEntries(
        await Promise.all(Object.entries(texts).map(async ([what, text]) => [what, await withClaims(text)])),
      ),
    );
  const header = `{"alg":"RS256","kid":"${rsa.kid}"`;
  const deep = (left: string, right: string, times: number) =>
    `${open},"deep":${left.repeat(times)}1${right.repeat(times)}}`;
  return [
    ...(await withText('JWT-22', {
      'sub twice': `${open},"sub":"admin"}`,
      'sub twice by an escape': `${open},"\\u0073ub":"admin"}`,
      'exp twice': `${open},"exp":9999999999}`,
      'a nested member twice': `${open},"realm":{"roles":1,"roles":2}}`,
      'a member of an object in a list twice': `${open},"list":[{"a":1,"b":[],"a":2}]}`,
    })),
    ...row('JWT-22', {
      'alg twice': await withHeader(`{"alg":"none",${header.slice(1)}}`),
      'kid twice by an escape': await withHeader(`${header},"k\\u0069d":"other"}`),
    }),
    ...(await withText('JWT-23', {
      'a list': `[${usual}]`,
      'a string': '"sub"',
      null: 'null',
      'a number': '1',
      'trailing data': `${usual}{}`,
      'a trailing comma': `${open},}`,
      'a comment': `${open}/**/}`,
      NaN: `${open},"a":NaN}`,
      'a leading zero': `${open},"a":01}`,
      'a BOM': `\ufeff${usual}`,
      'invalid UTF-8': Buffer.from(`${open},"a":"\u00c3\u0028"}`, 'latin1'),
      'overlong UTF-8': Buffer.from(`${open},"a":"\u00c0\u00af"}`, 'latin1'),
      'UTF-16': Buffer.from(usual, 'utf16le'),
      'a lone surrogate': `${open},"a":"\\ud800"}`,
      'a raw newline in a string': `${open},"a":"\n"}`,
      'single quotes': usual.replaceAll('"', "'"),
    })),
    ...row('JWT-23', {
      'a header with a BOM': await withHeader(`\ufeff${header}}`),
      'a header that is a list': await withHeader(`[${header}}]`),
    }),
    ...(await withText('JWT-24', {
      'lists 2500 deep': deep('[', ']', 2500),
      'objects 2000 deep': deep('{"":', '}', 2000),
    })),
    ...(await withText('JWT-24', { 'claims only inherited': `{"__proto__":${usual}}` })),
    ...row('JWT-24', { 'a header only inherited': await withHeader(`{"__proto__":${header}}}`) }),
  ];
};

const times: Group = async ({ withClaims, issuer, seconds }) => {
  const raw = (member: string) =>
    withClaims(`${JSON.stringify(issuer.claims({ exp: undefined })).slice(0, -1)},${member}}`);
  return [
    ...row('JWT-25', { 'exp missing': await withClaims({ exp: undefined }) }),
    ...(await rowOf(
      'JWT-26',
      'exp',
      [String(seconds + 300), null, true, [seconds + 300], { at: seconds + 300 }, '', -1, 0],
      (exp) => withClaims({ exp }),
    )),
    ...row('JWT-26', { 'exp 1e400': await raw('"exp":1e400'), 'exp -1e400': await raw('"exp":-1e400') }),
    ...row('JWT-28', {
      'expired 31 s ago': await withClaims({ exp: seconds - 31 }),
      'not valid for another 60 s': await withClaims({ nbf: seconds + 60 }),
      'issued in 60 s': await withClaims({ iat: seconds + 60 }),
    }),
    ...(await rowOf('JWT-29', 'nbf', [seconds + 3600, String(seconds), null, true, [seconds], -1], (nbf) =>
      withClaims({ nbf }),
    )),
    ...(await rowOf('JWT-29', 'iat', [seconds + 3600, String(seconds), null, true, -1], (iat) => withClaims({ iat }))),
    ...row('JWT-29', {
      'nbf -1e400': await withClaims(`${JSON.stringify(issuer.claims()).slice(0, -1)},"nbf":-1e400}`),
    }),
  ];
};

const parties: Group = async ({ withClaims, issuer: { issuer, audience } }) => [
  ...(await rowOf(
    'JWT-31',
    'iss',
    [
      undefined,
      null,
      '',
      'https://other.example',
      issuer.slice(0, -1),
      `${issuer}/`,
      issuer.toUpperCase(),
      ` ${issuer}`,
      `${issuer} `,
      `${issuer}.evil.example`,
      [issuer],
      { iss: issuer },
    ],
    (iss) => withClaims({ iss }),
  )),
  ...(await rowOf(
    'JWT-32',
    'aud',
    [
      undefined,
      null,
      '',
      'other-api',
      ['other-api'],
      [],
      audience.slice(0, -1),
      `${audience}2`,
      `other,${audience}`,
      `other ${audience}`,
      audience.toUpperCase(),
      '*',
      { [audience]: true },
      { aud: audience },
      [[audience]],
      [audience, 1],
      1,
      true,
    ],
    (aud) => withClaims({ aud }),
  )),
];

const types: Group = async ({ withHeader }) =>
  rowOf(
    'JWT-34',
    'typ',
    ['logout+jwt', 'dpop+jwt', 'secevent+jwt', 'id+jwt', 'application/dpop+jwt', 'JOSE', 'jwt ', '', 1, null, ['JWT']],
    (typ) => withHeader({ typ }),
  );

const requiredClaims: Group = async ({ withClaims }) => [
  ...(await rowOf('JWT-35', 'sub', [undefined, null, '', [], ['user-1'], {}, { id: 1 }, true, false, 5], (sub) =>
    withClaims({ sub }),
  )),
  ...(await rowOf('JWT-35', 'tenant_id', [undefined, null, '', [], {}, { id: 1 }, true, false], (tenant) =>
    withClaims({ tenant_id: tenant }),
  )),
];

const boundToKey: Group = async ({ withClaims }) => [
  ...row('JWT-42', { 'bound to a DPoP key': await withClaims({ cnf: { jkt: 'A'.repeat(43) } }) }),
];

const GROUPS: readonly Group[] = [
  algorithmNone,
  algorithmType,
  hmacWithPublicKey,
  algorithmOfAnotherKey,
  signature,
  ecdsa,
  rsaPadding,
  encoding,
  parts,
  serialization,
  embeddedKey,
  keyId,
  criticalHeader,
  encryption,
  json,
  times,
  parties,
  types,
  requiredClaims,
  boundToKey,
];
