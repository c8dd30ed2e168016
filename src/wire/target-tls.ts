/**
 * TLS towards a target: what every connection to it has in common, made once.
 * A context of its own for each connection would read all the roots each time.
 */
import { createSecureContext, type ConnectionOptions } from 'node:tls';
import type { Target } from './upstream.ts';

export interface TargetTls {
  /** PEM; `undefined`: the roots that Node trusts. */
  readonly ca: string | undefined;
  /** Shown where the target asks for one. */
  readonly certificate: { readonly cert: string; readonly key: string } | undefined;
  /** In place of the target's host: sent as SNI, and looked for in the certificate. */
  readonly serverName: string | undefined;
  readonly verify: boolean;
}

export function targetTls({ host }: Target, settings: TargetTls | undefined): ConnectionOptions {
  const { ca, certificate, serverName, verify = true } = settings ?? {};
  // An address is never sent as a server name (RFC 6066 §3).
  const servername = serverName ?? (isAddress(host) ? undefined : host);
  return {
    ALPNProtocols: ['http/1.1'],
    secureContext: createSecureContext({ ...(ca === undefined ? {} : { ca }), ...certificate }),
    // Said aloud, so that no variable of the environment can say otherwise.
    rejectUnauthorized: verify,
    ...(servername === undefined ? {} : { servername }),
  };
}

function isAddress(host: string): boolean {
  return /^[0-9.]+$|:/.test(host);
}
