/**
 * Fetches a key set over HTTP, trusting nothing about the answer: one limit for
 * the whole time, one for the size, no redirect, no compression, strict JSON.
 * Over TLS with the usual verification; in the clear only from this machine.
 * Runs a few times an hour, never while a request waits for a key it knows.
 */
import * as http from 'node:http';
import * as https from 'node:https';
import type { Clock } from '../world.ts';
import type { FetchKeys } from './keyset.ts';
import { readJsonObject } from './strict-json.ts';

const MAX_TIME_MS = 5000;
const MAX_BYTES = 256 * 1024;

export function createJwksFetcher({ clock }: { readonly clock: Clock }): FetchKeys {
  return async (uri) => {
    const { body, cacheControl } = await get(new URL(uri), clock);
    const keys = readJsonObject(body)?.keys;
    if (!Array.isArray(keys)) throw new Error('the answer is not a JWK Set');
    return { keys, maxAgeMs: maxAgeOf(cacheControl) };
  };
}

interface Answer {
  readonly body: Uint8Array;
  readonly cacheControl: string | undefined;
}

function get(url: URL, clock: Clock): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const secure = url.protocol === 'https:';
  if (!secure && !(url.protocol === 'http:' && isLoopback(url.hostname))) {
    throw new Error('not https, and not on this machine');
  }
  const headers = { accept: 'application/jwk-set+json, application/json', 'accept-encoding': 'identity' };
  // A connection of its own: between two fetches lie minutes.
  const request = (secure ? https : http).request(url, { agent: false, headers });
  const stopTiming = clock.every(MAX_TIME_MS, () => request.destroy(new Error('no answer in time')));
  request.on('error', reject);
  request.on('close', () => {
    stopTiming();
    reject(new Error('the connection closed before the end of the answer'));
  });
  request.on('response', (response) => {
    const fault = faultOf(response);
    if (fault !== undefined) {
      request.destroy(new Error(fault));
      return;
    }
    const chunks: Buffer[] = [];
    let size = 0;
    response.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > MAX_BYTES) request.destroy(new Error(`more than ${MAX_BYTES} bytes`));
      else chunks.push(chunk);
    });
    response.on('error', reject);
    response.on('end', () => {
      resolve({ body: Buffer.concat(chunks), cacheControl: response.headers['cache-control'] });
    });
  });
  request.end();
  return promise;
}

function faultOf({ statusCode, headers }: http.IncomingMessage): string | undefined {
  // A redirect is one of these: where keys come from is the operator's word, not the issuer's (RFC 8725 §3.10).
  if (statusCode !== 200) return `status ${statusCode}`;
  if ((headers['content-encoding'] ?? 'identity').toLowerCase() !== 'identity') return 'an encoded answer';
  return undefined;
}

function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(hostname);
}

/** RFC 9111 §5.2.2; what must not be stored or reused has an age of 0, which the key set raises to its least. */
function maxAgeOf(cacheControl: string | undefined): number | undefined {
  if (cacheControl === undefined) return undefined;
  if (/(?:^|[\s,])no-(?:store|cache)(?:$|[\s,=])/i.test(cacheControl)) return 0;
  const seconds = /(?:^|[\s,])max-age="?(\d+)/i.exec(cacheControl)?.[1];
  return seconds === undefined ? undefined : Number(seconds) * 1000;
}
