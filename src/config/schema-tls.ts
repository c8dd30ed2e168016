/** TLS: certificates as files, and what is asked of the other side. */
import type * as z from 'zod';
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
  min_version: choice(['TLSv1.2', 'TLSv1.3']).default('TLSv1.2').describe('Older versions are refused.'),
});

export type EdgeTlsValue = z.output<typeof edgeTls>;
