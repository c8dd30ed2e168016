/**
 * TLS towards callers: the handshake, the certificate for the name a caller asks
 * for, and certificates that change on disk while the gateway runs. A handshake
 * costs what its signature costs; after it, a connection is like any other.
 */
import { constants } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { createSecureContext, createServer } from 'node:tls';
import type { SecureContext, SecureContextOptions, SecureVersion, TLSSocket } from 'node:tls';
import { type Certificate, readCertificate } from '../certificate.ts';
import type { World } from '../world.ts';
import type { WireCounters } from './counters.ts';

export interface TlsSettings {
  /** The first serves whoever asks for no name, or for one that none has. */
  readonly certificates: readonly StoredCertificate[];
  readonly minVersion: SecureVersion;
}

interface StoredCertificate extends Certificate {
  readonly certFile: string;
  readonly keyFile: string;
}

export interface TlsParts extends World {
  readonly counters: WireCounters;
  /** How long a handshake may take. */
  readonly handshakeMs: number;
}

export interface TlsEdge {
  /** Begins the handshake on a connection that was just accepted. */
  accept(accepted: Socket): void;
  close(): void;
}

const RENEWAL_MS = 10_000;

/** `secured` is called with each connection whose handshake is done. */
export function createTlsEdge(settings: TlsSettings, parts: TlsParts, secured: (socket: TLSSocket) => void): TlsEdge {
  const { minVersion } = settings;
  const entries = settings.certificates.map((certificate) => ({
    certificate,
    /** What its files held when they were last judged, and when they were last looked at. */
    judged: textOf(certificate),
    seen: textOf(certificate),
  }));
  const certificates = () => entries.map(({ certificate }) => certificate);
  let choose = createChoice(certificates(), minVersion);

  const server = createServer(
    {
      ...optionsOf(entries[0]!.certificate, minVersion),
      ALPNProtocols: ['http/1.1'],
      handshakeTimeout: parts.handshakeMs,
      SNICallback: (name, done) => done(null, choose(name)),
    },
    secured,
  );
  server.on('tlsClientError', (_, socket) => {
    parts.counters.handshakesFailed++;
    socket.destroy();
  });

  /** Looks at the files again. What cannot be used is said once, and what was there goes on serving. */
  async function renew(): Promise<void> {
    for (const entry of entries) {
      const { certFile, keyFile } = entry.certificate;
      const read = await readPair(certFile, keyFile);
      const text = typeof read === 'string' ? read : textOf(read);
      // Whoever writes two files writes one first: they are judged once they have stood still for two looks.
      const settled = text === entry.seen;
      entry.seen = text;
      if (!settled || text === entry.judged) continue;
      entry.judged = text;
      const problem = typeof read === 'string' ? read : take(entry, read);
      if (problem !== undefined) {
        parts.log('error', 'certificate_rejected', { file: certFile, problem });
        continue;
      }
      const { names, notAfter } = entry.certificate;
      parts.log('info', 'certificate_changed', { file: certFile, names, not_after: new Date(notAfter).toISOString() });
    }
  }

  /** Puts new files in the place of the old, or says why not. */
  function take(entry: (typeof entries)[number], { cert, key }: Pick<Certificate, 'cert' | 'key'>): string | undefined {
    const renewed = readCertificate(cert, key);
    if ('problem' in renewed) return renewed.problem;
    const before = entry.certificate;
    entry.certificate = { ...before, ...renewed };
    try {
      install();
    } catch (error) {
      // OpenSSL has an opinion of its own.
      entry.certificate = before;
      return (error as Error).message;
    }
    return undefined;
  }

  function install(): void {
    const renewed = createChoice(certificates(), minVersion);
    server.setSecureContext(optionsOf(entries[0]!.certificate, minVersion));
    choose = renewed;
  }

  let renewing = false;
  const stopRenewing = parts.clock.every(RENEWAL_MS, () => {
    if (renewing) return;
    renewing = true;
    void renew().finally(() => (renewing = false));
  });

  return {
    accept: (accepted) => void server.emit('connection', accepted),
    close: stopRenewing,
  };
}

function optionsOf({ cert, key }: Certificate, minVersion: SecureVersion): SecureContextOptions {
  // A renegotiation costs a caller little and us a signature.
  return { cert, key, minVersion, secureOptions: constants.SSL_OP_NO_RENEGOTIATION };
}

/** Which certificate a name gets: its own before one for `*.` and its parent. `undefined`: the first. */
function createChoice(
  certificates: readonly Certificate[],
  minVersion: SecureVersion,
): (name: string) => SecureContext | undefined {
  const contexts = new Map<string, SecureContext>();
  for (const certificate of certificates) {
    const context = createSecureContext(optionsOf(certificate, minVersion));
    for (const name of certificate.names) if (!contexts.has(name)) contexts.set(name, context);
  }
  return (name) => {
    const lower = name.toLowerCase();
    return contexts.get(lower) ?? contexts.get(`*${lower.slice(lower.indexOf('.'))}`);
  };
}

/** The text of both files, or why they cannot be had. */
async function readPair(certFile: string, keyFile: string): Promise<Pick<Certificate, 'cert' | 'key'> | string> {
  try {
    return { cert: await readFile(certFile, 'latin1'), key: await readFile(keyFile, 'latin1') };
  } catch (error) {
    return (error as Error).message;
  }
}

function textOf({ cert, key }: Pick<Certificate, 'cert' | 'key'>): string {
  return `${cert}\0${key}`;
}
