/**
 * What is sent, as bytes to be sent: each token of a workload under each of its
 * paths in turn. There are more tokens than any rival remembers, so that one
 * which is not `known` is a stranger whenever it comes round.
 */
import { sign } from 'node:crypto';
import { promisify } from 'node:util';
import { base64url, type RunningIssuer } from '../test/support/issuer.ts';
import type { Algorithm, Tokens, Workload } from './workloads.ts';

/** More than the 20,000 verified tokens that Gatehouse keeps, and Fastify is told to keep. */
const STRANGERS = 25_000;
/** Of those that come again and again; Gatehouse knows 4,096 forged ones again. */
const REFUSED = 2000;

/** The same for every rival and for both generators of load. */
export interface Traffic {
  readonly method: string;
  readonly paths: readonly string[];
  readonly tokens: readonly string[];
  readonly bodyBytes: number;
  readonly close: boolean;
}

const signAsync = promisify(sign);

export async function trafficOf(workload: Workload, issuer: RunningIssuer): Promise<Traffic> {
  const { method, paths, bodyBytes, newConnections: close, tokens, algorithm } = workload;
  return { method, paths, bodyBytes, close, tokens: await mint(tokens, algorithm, issuer) };
}

async function mint(tokens: Tokens, alg: Algorithm, issuer: RunningIssuer): Promise<string[]> {
  const { kid, privateKey } = issuer.key(alg);
  const seconds = Math.floor(issuer.now() / 1000);
  const exp = tokens === 'expired' ? seconds - 3600 : seconds + 86_400;
  const header = base64url(JSON.stringify(tokens === 'unsigned' ? { alg: 'none', kid } : { alg, kid, typ: 'at+jwt' }));
  // On the threads of the pool: 25,000 RSA signatures one after the other take 20 s.
  async function one(at: number): Promise<string> {
    const claims = issuer.claims({ iat: exp - 90_000, exp, jti: String(at) });
    const input = `${header}.${base64url(JSON.stringify(claims))}`;
    if (tokens === 'unsigned') return `${input}.`;
    const signed = await signAsync(alg === 'EdDSA' ? null : 'sha256', Buffer.from(input), {
      key: privateKey,
      dsaEncoding: 'ieee-p1363',
    });
    // One bit, in the middle: the length and the form are right, and only the arithmetic says no.
    if (tokens === 'forged' || tokens === 'fresh-forged') signed[signed.length >> 1]! ^= 1;
    return `${input}.${signed.toString('base64url')}`;
  }
  const count = tokens === 'known' ? 1 : tokens.startsWith('fresh') ? STRANGERS : REFUSED;
  return Promise.all(Array.from({ length: count }, (_, at) => one(at)));
}

/** The requests, each whole; the `at`-th has the `at`-th path and token. */
export function requestsOf({ method, paths, tokens, bodyBytes, close }: Traffic, port: number): Buffer[] {
  const body = 'x'.repeat(bodyBytes);
  const more = `${bodyBytes > 0 ? `Content-Type: application/json\r\nContent-Length: ${bodyBytes}\r\n` : ''}${close ? 'Connection: close\r\n' : ''}`;
  return Array.from({ length: Math.max(paths.length, tokens.length) }, (_, at) =>
    Buffer.from(
      `${method} ${paths[at % paths.length]} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n` +
        `Authorization: Bearer ${tokens[at % tokens.length]}\r\n${more}\r\n${body}`,
    ),
  );
}
