/**
 * TLS towards callers: the handshake, the certificate for the name a caller asks
 * for, and certificates that change on disk while the gateway runs. A handshake
 * costs what its signature costs; after it, a connection is like any other.
 */
import { constants } from 'node:crypto';
import type { Socket } from 'node:net';
import { createSecureContext, createServer } from 'node:tls';
import type { SecureContext, SecureContextOptions, SecureVersion, TLSSocket } from 'node:tls';
import type { Certificate } from '../certificate.ts';
import type { World } from '../world.ts';
import type { WireCounters } from './counters.ts';
import { authorityFiles, certificateFiles, renewFromDisk, type StoredCertificate } from './renewal.ts';

export interface TlsSettings {
  /** The first serves whoever asks for no name, or for one that none has. */
  readonly certificates: readonly StoredCertificate[];
  readonly minVersion: SecureVersion;
  /** Absent: callers are not asked for a certificate. */
  readonly clientCertificates: ClientCertificateSettings | undefined;
}

interface ClientCertificateSettings {
  /** Whether a caller without one is turned away. One that does not verify always is. */
  readonly required: boolean;
  /** PEM of those who may have signed it. */
  readonly pem: string;
  readonly file: string;
}

export interface TlsParts extends World {
  readonly counters: WireCounters;
  /** How long a handshake may take. */
  readonly handshakeMs: number;
  readonly offersHttp2: boolean;
}

export interface TlsEdge {
  /** Begins the handshake on a connection that was just accepted. */
  accept(accepted: Socket): void;
  /** What is shown to callers now. */
  certificates(): readonly StoredCertificate[];
  close(): void;
}

/** `secured` is called with each connection whose handshake is done, and whose certificate, if it has one, is verified. */
export function createTlsEdge(settings: TlsSettings, parts: TlsParts, secured: (socket: TLSSocket) => void): TlsEdge {
  const { minVersion, clientCertificates: clients } = settings;
  let certificates = settings.certificates;
  let ca = clients?.pem;
  let choose = createChoice(certificates, { minVersion, ca });

  const server = createServer(
    {
      ...optionsOf(certificates[0]!, { minVersion, ca }),
      ALPNProtocols: parts.offersHttp2 ? ['h2', 'http/1.1'] : ['http/1.1'],
      handshakeTimeout: parts.handshakeMs,
      SNICallback: (name, done) => done(null, choose(name)),
      requestCert: clients !== undefined,
      // Judged below, where it is counted: and a verified handshake is not yet one with a certificate.
      rejectUnauthorized: false,
    },
    (socket) => {
      const problem = clients && problemOfCaller(socket, clients.required);
      if (problem === undefined) return secured(socket);
      parts.counters.handshakesFailed++;
      parts.log('debug', 'client_certificate_refused', { address: socket.remoteAddress, problem });
      socket.destroy();
    },
  );
  server.on('tlsClientError', (_, socket) => {
    parts.counters.handshakesFailed++;
    socket.destroy();
  });

  /** All or nothing: throws where OpenSSL finds fault, and then nothing has changed. */
  function install(renewed: readonly StoredCertificate[], authorities: string | undefined): void {
    const choice = createChoice(renewed, { minVersion, ca: authorities });
    server.setSecureContext(optionsOf(renewed[0]!, { minVersion, ca: authorities }));
    choose = choice;
    certificates = renewed;
    ca = authorities;
  }

  const fileSets = certificates.map((certificate, at) =>
    certificateFiles(certificate, (renewed) =>
      install(certificates.with(at, { ...certificates[at]!, ...renewed }), ca),
    ),
  );
  if (clients !== undefined) fileSets.push(authorityFiles(clients, (pem) => install(certificates, pem)));

  return {
    accept: (accepted) => void server.emit('connection', accepted),
    certificates: () => certificates,
    close: renewFromDisk(fileSets, parts),
  };
}

/** Why this caller may not come in, if it may not. */
function problemOfCaller(socket: TLSSocket, required: boolean): string | undefined {
  // Asked first: where there is no certificate, Node may still call a resumed session authorized.
  if (socket.getPeerX509Certificate() === undefined) return required ? 'it showed none' : undefined;
  return socket.authorized ? undefined : String(socket.authorizationError);
}

interface ContextSettings {
  readonly minVersion: SecureVersion;
  readonly ca: string | undefined;
}

function optionsOf({ cert, key }: Certificate, { minVersion, ca }: ContextSettings): SecureContextOptions {
  // A renegotiation costs a caller little and us a signature.
  const common = { cert, key, minVersion, secureOptions: constants.SSL_OP_NO_RENEGOTIATION };
  if (ca === undefined) return common;
  // A ticket would outlive the authority that vouched for its holder: every connection shows its certificate anew.
  return { ...common, ca, secureOptions: common.secureOptions | constants.SSL_OP_NO_TICKET };
}

/** Which certificate a name gets: its own before one for `*.` and its parent. `undefined`: the first. */
function createChoice(
  certificates: readonly Certificate[],
  settings: ContextSettings,
): (name: string) => SecureContext | undefined {
  const contexts = new Map<string, SecureContext>();
  for (const certificate of certificates) {
    const context = createSecureContext(optionsOf(certificate, settings));
    for (const name of certificate.names) if (!contexts.has(name)) contexts.set(name, context);
  }
  return (name) => {
    const lower = name.toLowerCase();
    return contexts.get(lower) ?? contexts.get(`*${lower.slice(lower.indexOf('.'))}`);
  };
}
