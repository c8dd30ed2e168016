/**
 * The certificate a caller showed in its handshake: verified there, read here
 * into claims, once for each connection. A route may want one, or one of some
 * names; a request then costs a look at what was worked out before.
 */
import type { X509Certificate } from 'node:crypto';
import { refuse, type Refusal } from '../refusal.ts';

export interface ClientCertificate {
  readonly claims: CertificateClaims;
  /** Header text by claim injector; filled when first rendered. */
  readonly rendered: (string | undefined)[];
}

/** What can be asked of a certificate. Without subjectAltName entries of a kind, its list is empty. */
export interface CertificateClaims extends Readonly<Record<string, unknown>> {
  /** RFC 4514, most specific part first: `CN=orders,O=Example`. */
  readonly subject: string;
  readonly issuer: string;
  /** Hexadecimal. */
  readonly serial: string;
  /** SHA-256 of all of it, in hexadecimal (lower-case, no colons). */
  readonly fingerprint: string;
  readonly dns: readonly string[];
  readonly uri: readonly string[];
  readonly email: readonly string[];
}

export function readClientCertificate(certificate: X509Certificate): ClientCertificate {
  const names = alternativeNames(certificate.subjectAltName ?? '');
  return {
    claims: {
      subject: distinguishedName(certificate.subject),
      issuer: distinguishedName(certificate.issuer),
      serial: certificate.serialNumber.toLowerCase(),
      fingerprint: certificate.fingerprint256.replaceAll(':', '').toLowerCase(),
      dns: names.get('DNS') ?? [],
      uri: names.get('URI') ?? [],
      email: names.get('email') ?? [],
    },
    rendered: [],
  };
}

/** Node writes one part a line, in the order of the certificate; RFC 4514 wants the reverse. Escapes are those of the RFC already. */
function distinguishedName(lines: string): string {
  return lines.split('\n').toReversed().join(',');
}

/** `DNS:a, URI:"b, DNS:c"`: Node quotes, as JSON, what could be taken for more than one entry. */
const ENTRY = /(?:^|, )([A-Za-z ]+):("(?:[^"\\]|\\.)*"|[^,]*)/gy;

function alternativeNames(text: string): ReadonlyMap<string, readonly string[]> {
  const names = new Map<string, string[]>();
  for (const [, kind, written] of text.matchAll(ENTRY)) {
    const name = written!.startsWith('"') ? (JSON.parse(written!) as string) : written!;
    const known = names.get(kind!);
    if (known === undefined) names.set(kind!, [name]);
    else known.push(name);
  }
  return names;
}

const NONE = refuse('certificate_required', {
  detail: 'This route needs a client certificate; show one in the TLS handshake.',
});
const ANOTHER = refuse('certificate_required', {
  detail: 'This route takes other client certificates than the one shown.',
});

export type CheckCertificate = (certificate: ClientCertificate | undefined) => Refusal | undefined;

/** `names`: any one must be a name of the certificate, or its subject, to the letter. Empty: every verified one will do. */
export function createCertificateCheck(names: readonly string[]): CheckCertificate {
  const wanted = new Set(names);
  return (certificate) => {
    if (certificate === undefined) return NONE;
    if (wanted.size === 0) return undefined;
    const { subject, dns, uri, email } = certificate.claims;
    return [subject, ...dns, ...uri, ...email].some((name) => wanted.has(name)) ? undefined : ANOTHER;
  };
}
