/**
 * One request to a server that the operator named, for keys, for a token or
 * about one, trusting nothing about the answer: one limit for the whole time,
 * one for the size, no redirect, no compression. Over TLS with the usual
 * verification; in the clear only from this machine.
 */
import * as http from 'node:http';
import * as https from 'node:https';
import type { Clock } from '../world.ts';

const MAX_TIME_MS = 5000;
const MAX_BYTES = 256 * 1024;

export interface Question {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** POSTed; absent: GET. */
  readonly body?: string;
  /** Of these alone the body is read; any other is a fault. Default: 200. */
  readonly statuses?: readonly number[];
  /** Keeps connections for the next question; absent: each has its own. */
  readonly agent?: http.Agent;
}

export interface Answer {
  readonly status: number;
  readonly body: Uint8Array;
  readonly cacheControl: string | undefined;
}

/** Rejects, with a message for the operator, where no answer of such a status can be had within five seconds. */
export async function fetchAnswer(question: Question, clock: Clock): Promise<Answer> {
  const url = new URL(question.url);
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && isLoopback(url.hostname))) {
    throw new Error('not https, and not on this machine');
  }
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const request = send(url, question);
  const stopTiming = clock.every(MAX_TIME_MS, () => request.destroy(new Error('no answer in time')));
  request.on('error', reject);
  request.on('close', () => {
    stopTiming();
    reject(new Error('the connection closed before the end of the answer'));
  });
  request.on('response', (response) => {
    const fault = faultOf(response, question.statuses ?? [200]);
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
      const { statusCode = 0, headers } = response;
      resolve({ status: statusCode, body: Buffer.concat(chunks), cacheControl: headers['cache-control'] });
    });
  });
  request.end(question.body);
  return promise;
}

function send(url: URL, { headers, body, agent }: Question): http.ClientRequest {
  return (url.protocol === 'https:' ? https : http).request(url, {
    method: body === undefined ? 'GET' : 'POST',
    agent: agent ?? false,
    headers: {
      ...headers,
      'accept-encoding': 'identity',
      ...(body !== undefined && { 'content-length': Buffer.byteLength(body) }),
    },
  });
}

function faultOf({ statusCode, headers }: http.IncomingMessage, statuses: readonly number[]): string | undefined {
  // A redirect is one of these: where keys come from is the operator's word, not the issuer's (RFC 8725 §3.10).
  if (statusCode === undefined || !statuses.includes(statusCode)) return `status ${statusCode}`;
  if ((headers['content-encoding'] ?? 'identity').toLowerCase() !== 'identity') return 'an encoded answer';
  return undefined;
}

function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(hostname);
}
