/**
 * TLS towards the targets of an upstream: the context that every connection to
 * them has in common, made once and again when its files change. A context of
 * its own for each connection would read all the roots each time.
 */
import { createSecureContext, type ConnectionOptions } from 'node:tls';
import { readCertificate, readChain } from '../certificate.ts';
import type { World } from '../world.ts';
import { type FileSet, renewFromDisk } from './renewal.ts';
import type { Target } from './upstream.ts';

export interface TargetTlsSettings {
  /** Who may have signed the target's certificate; `undefined`: the roots that Node trusts. */
  readonly ca: { readonly pem: string; readonly file: string } | undefined;
  /** Shown where the target asks for one. */
  readonly certificate:
    | { readonly cert: string; readonly key: string; readonly certFile: string; readonly keyFile: string }
    | undefined;
  /** In place of the target's host: sent as SNI, and looked for in the certificate. */
  readonly serverName: string | undefined;
  readonly verify: boolean;
}

export interface TargetTls {
  /** What a connection that begins now is made with. */
  optionsFor(target: Target): ConnectionOptions;
  close(): void;
}

const DEFAULTS: TargetTlsSettings = { ca: undefined, certificate: undefined, serverName: undefined, verify: true };

export function createTargetTls(settings: TargetTlsSettings = DEFAULTS, world: World): TargetTls {
  const { ca, certificate, serverName, verify } = settings;
  let pem = ca?.pem;
  let pair: { cert: string; key: string } | undefined = certificate;
  const create = () =>
    createSecureContext({ ...(pem === undefined ? {} : { ca: pem }), ...(pair && { cert: pair.cert, key: pair.key }) });
  let secureContext = create();

  const fileSets: FileSet[] = [];
  if (ca !== undefined) {
    fileSets.push({
      files: [ca.file],
      texts: [ca.pem],
      take([text]) {
        const chain = readChain(text!);
        if (typeof chain === 'string') return chain;
        pem = text;
        secureContext = create();
        return { authorities: chain.map(({ subject }) => subject) };
      },
    });
  }
  if (certificate !== undefined) {
    fileSets.push({
      files: [certificate.certFile, certificate.keyFile],
      texts: [certificate.cert, certificate.key],
      take([cert, key]) {
        const renewed = readCertificate(cert!, key!);
        if ('problem' in renewed) return renewed.problem;
        pair = renewed;
        secureContext = create();
        return { names: renewed.names, not_after: new Date(renewed.notAfter).toISOString() };
      },
    });
  }

  return {
    optionsFor({ host }) {
      // An address is never sent as a server name (RFC 6066 §3).
      const servername = serverName ?? (isAddress(host) ? undefined : host);
      return {
        ALPNProtocols: ['http/1.1'],
        secureContext,
        // Said aloud, so that no variable of the environment can say otherwise.
        rejectUnauthorized: verify,
        ...(servername === undefined ? {} : { servername }),
      };
    },
    close: renewFromDisk(fileSets, world),
  };
}

function isAddress(host: string): boolean {
  return /^[0-9.]+$|:/.test(host);
}
