/** TLS: certificates as files, and what is asked of the other side. */
import * as z from 'zod';
import { choice, list, map, text } from './scalars.ts';

const pemFile = text(/^[^\0\r\n]{1,1024}$/, 'the path of a PEM file');
const cert = pemFile.optional().describe('The certificate and behind it its chain.');
const key = pemFile.optional().describe('Its private key, without a passphrase.');

export const edgeTls = map({
  cert,
  key,
  certificates: list(map({ cert, key }, ['cert', 'key']), '{ cert: ./edge.pem, key: ./edge.key }')
    .optional()
    .describe(
      'In place of `cert` and `key`, several: the one for the name the caller asks for, the first where none is.',
    ),
  client_certificates: map(
    {
      mode: choice(['require', 'optional'])
        .optional()
        .describe('`require` turns callers without one away in the handshake; `optional` leaves it to each route.'),
      ca: pemFile.optional().describe('The authorities that may have signed it; no other is trusted.'),
    },
    ['mode', 'ca'],
  )
    .optional()
    .describe('Asks callers for a certificate. One that does not verify is always turned away.'),
  min_version: choice(['TLSv1.2', 'TLSv1.3']).default('TLSv1.2').describe('Older versions are refused.'),
});

export const upstreamTls = map({
  ca: pemFile
    .optional()
    .describe('The authorities that may have signed the service’s certificate, in place of those that Node trusts.'),
  cert: pemFile.optional().describe('What the gateway shows of itself to a service that asks, with its chain.'),
  key,
  server_name: text(
    /^(?=.*[A-Za-z])[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?$/,
    'a host name as in `orders.internal`',
  )
    .optional()
    .describe('The name to ask for and to look for in the certificate, in place of the target’s host.'),
  insecure_skip_verify: z
    .boolean()
    .default(false)
    .describe('Takes any certificate, so that anybody on the way can pose as the service. For tests.'),
});

export type UpstreamTlsValue = z.output<typeof upstreamTls>;
export type EdgeTlsValue = z.output<typeof edgeTls>;
