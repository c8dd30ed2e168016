/**
 * X.509 certificates for TLS tests, made by hand because Node reads them but
 * does not write them: a root, and what it signs, good or with one thing wrong.
 */
import * as crypto from 'node:crypto';

export interface Certificate {
  /** PEM. */
  readonly cert: string;
  /** PEM. */
  readonly key: string;
}

export interface CertificateOptions {
  /** An address or a host name. */
  readonly name: string;
  readonly notAfter?: Date;
  /** Who signs; itself if left out. */
  readonly issuer?: Certificate & { readonly name: string };
  readonly isAuthority?: boolean;
  readonly curve?: string;
  /** More names, after the first. */
  readonly uris?: readonly string[];
  readonly emails?: readonly string[];
}

export function createCertificate(options: CertificateOptions): Certificate {
  const { name, notAfter = new Date('2049-01-01'), issuer, isAuthority = false, curve = 'P-256' } = options;
  const { publicKey, privateKey } = crypto.generateKeyPairSync('ec', { namedCurve: curve });
  const ecdsaWithSha256 = sequence(oid('2a8648ce3d040302'));
  const body = sequence(
    tagged(0xa0, integer(Buffer.from([2]))),
    integer(Buffer.concat([Buffer.from([1]), crypto.randomBytes(8)])),
    ecdsaWithSha256,
    distinguishedName(issuer?.name ?? name),
    sequence(time(new Date('2020-01-01')), time(notAfter)),
    distinguishedName(name),
    publicKey.export({ type: 'spki', format: 'der' }),
    tagged(0xa3, sequence(basicConstraints(isAuthority), alternativeNames(options))),
  );
  const signingKey = issuer === undefined ? privateKey : crypto.createPrivateKey(issuer.key);
  const signature = crypto.sign('sha256', body, signingKey);
  const der = sequence(body, ecdsaWithSha256, tagged(0x03, Buffer.concat([Buffer.from([0]), signature])));
  const lines = der.toString('base64').match(/.{1,64}/g)!;
  return {
    cert: `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`,
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
  };
}

function tagged(tag: number, content: Buffer): Buffer {
  const { length } = content;
  const size = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...size]), content]);
}

function sequence(...parts: readonly Buffer[]): Buffer {
  return tagged(0x30, Buffer.concat(parts));
}

function integer(bytes: Buffer): Buffer {
  return tagged(0x02, bytes);
}

function oid(hex: string): Buffer {
  return tagged(0x06, Buffer.from(hex, 'hex'));
}

/** UTCTime (RFC 5280 §4.1.2.5.1), which ends with 2049. */
function time(date: Date): Buffer {
  return tagged(0x17, Buffer.from(`${date.toISOString().replaceAll(/\D/g, '').slice(2, 14)}Z`));
}

function distinguishedName(commonName: string): Buffer {
  return sequence(tagged(0x31, sequence(oid('550403'), tagged(0x0c, Buffer.from(commonName)))));
}

function basicConstraints(isAuthority: boolean): Buffer {
  const content = isAuthority ? sequence(tagged(0x01, Buffer.from([0xff]))) : sequence();
  return sequence(oid('551d13'), tagged(0x01, Buffer.from([0xff])), tagged(0x04, content));
}

function alternativeNames({ name, uris = [], emails = [] }: CertificateOptions): Buffer {
  const isAddress = /^[\d.]+$/.test(name);
  const entry = isAddress ? tagged(0x87, Buffer.from(name.split('.').map(Number))) : tagged(0x82, Buffer.from(name));
  const others = [
    ...uris.map((uri) => tagged(0x86, Buffer.from(uri))),
    ...emails.map((email) => tagged(0x81, Buffer.from(email))),
  ];
  return sequence(oid('551d11'), tagged(0x04, sequence(entry, ...others)));
}
