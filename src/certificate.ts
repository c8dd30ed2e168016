/**
 * A certificate with its chain and its key: PEM in, values or what is wrong out.
 * The configuration and the wire read the same way, so that a file which `check`
 * lets pass is one that can serve. At start and when a file changes; never per
 * connection.
 */
import { createPrivateKey, X509Certificate, type KeyObject } from 'node:crypto';
import { createSecureContext } from 'node:tls';

export interface Certificate {
  /** PEM, the chain included. */
  readonly cert: string;
  /** PEM. */
  readonly key: string;
  /** The host names it is for, lower-case: `api.example.com`, `*.example.com`. */
  readonly names: readonly string[];
  /** Milliseconds since 1970. */
  readonly notAfter: number;
}

/** Which of the two files to mend, and `what is wrong; what would be right`. */
export interface CertificateProblem {
  readonly of: 'cert' | 'key';
  readonly problem: string;
}

const BLOCK = /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g;
const MIN_RSA_BITS = 2048;

export function readCertificate(cert: string, key: string): Certificate | CertificateProblem {
  const chain = readChain(cert);
  if (typeof chain === 'string') return { of: 'cert', problem: chain };
  const privateKey = readKey(key);
  if (typeof privateKey === 'string') return { of: 'key', problem: privateKey };
  const [leaf] = chain;
  if (!leaf.checkPrivateKey(privateKey)) {
    return { of: 'key', problem: 'the key is not that of the certificate; name the one it was made with' };
  }
  if (/md5|sha1(?!\d)/i.test(leaf.signatureAlgorithm ?? '')) {
    return { of: 'cert', problem: 'the certificate is signed with SHA-1 or MD5, which no client trusts; renew it' };
  }
  try {
    createSecureContext({ cert, key });
  } catch (error) {
    const { message } = error as Error;
    return { of: 'key', problem: `TLS cannot serve with it (${message}); make a key of P-256 or of RSA` };
  }
  return { cert, key, names: namesOf(leaf), notAfter: leaf.validToDate.getTime() };
}

/** Certificates in PEM, the first one's own first; or what is wrong. */
export function readChain(pem: string): readonly [X509Certificate, ...X509Certificate[]] | string {
  const [first, ...others] = pem.match(BLOCK) ?? [];
  if (first === undefined) {
    return 'the file holds no certificate; write PEM, which begins with `-----BEGIN CERTIFICATE-----`';
  }
  try {
    return [new X509Certificate(first), ...others.map((block) => new X509Certificate(block))];
  } catch {
    return 'a certificate in the file is damaged; write the file again';
  }
}

function readKey(pem: string): KeyObject | string {
  if (/-----BEGIN ENCRYPTED|^Proc-Type: 4,ENCRYPTED/m.test(pem)) {
    return 'the key is encrypted; write it without a passphrase, readable by this user alone';
  }
  if (!/-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(pem)) {
    return 'the file holds no private key; write PEM, which begins with `-----BEGIN PRIVATE KEY-----`';
  }
  let key: KeyObject;
  try {
    key = createPrivateKey(pem);
  } catch {
    return 'the key in the file is damaged; write the file again';
  }
  const bits = key.asymmetricKeyDetails?.modulusLength;
  if (bits !== undefined && bits < MIN_RSA_BITS) {
    return `the key has ${bits} bits; write one of ${MIN_RSA_BITS} or more, or of an elliptic curve`;
  }
  return key;
}

/** From subjectAltName alone: no client looks at the common name any more (RFC 9525 §2). */
function namesOf({ subjectAltName = '' }: X509Certificate): readonly string[] {
  return subjectAltName.split(', ').flatMap((entry) => /^DNS:([\w.*-]+)$/.exec(entry)?.[1]?.toLowerCase() ?? []);
}
