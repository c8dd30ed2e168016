/**
 * TLS towards the targets of an upstream: the context that every connection to
 * them has in common, made once and again when its files change. A context of
 * its own for each connection would read all the roots each time.
 */
import { createSecureContext, type ConnectionOptions, type SecureContext } from 'node:tls';
import type { World } from '../world.ts';
import { authorityFiles, certificateFiles, type FileSet, renewFromDisk, type StoredCertificate } from './renewal.ts';
import type { Target } from './upstream.ts';

export interface TargetTlsSettings {
  /** Who may have signed the target's certificate; `undefined`: the roots that Node trusts. */
  readonly ca: { readonly pem: string; readonly file: string } | undefined;
  /** Shown where the target asks for one. */
  readonly certificate: StoredCertificate | undefined;
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
  let pair: { readonly cert: string; readonly key: string } | undefined = certificate;
  let secureContext = contextOf(pem, pair);

  const fileSets: FileSet[] = [];
  if (ca !== undefined) {
    fileSets.push(
      authorityFiles(ca, (renewed) => {
        secureContext = contextOf(renewed, pair);
        pem = renewed;
      }),
    );
  }
  if (certificate !== undefined) {
    fileSets.push(
      certificateFiles(certificate, (renewed) => {
        secureContext = contextOf(pem, renewed);
        pair = renewed;
      }),
    );
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

function contextOf(
  ca: string | undefined,
  pair: { readonly cert: string; readonly key: string } | undefined,
): SecureContext {
  return createSecureContext({ ...(ca === undefined ? {} : { ca }), ...(pair && { cert: pair.cert, key: pair.key }) });
}

function isAddress(host: string): boolean {
  return /^[0-9.]+$|:/.test(host);
}
