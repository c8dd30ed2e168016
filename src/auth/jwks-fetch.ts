/**
 * Fetches a key set over HTTP: strict JSON, and how long the issuer says that it
 * may be kept. Runs a few times an hour, never while a request waits for a key
 * it knows.
 */
import type { Clock } from '../world.ts';
import { fetchAnswer } from './fetch-answer.ts';
import type { FetchKeys } from './keyset.ts';
import { readJsonObject } from './strict-json.ts';

export function createJwksFetcher({ clock }: { readonly clock: Clock }): FetchKeys {
  return async (url) => {
    const headers = { accept: 'application/jwk-set+json, application/json' };
    const { body, cacheControl } = await fetchAnswer({ url, headers }, clock);
    const keys = readJsonObject(body)?.keys;
    if (!Array.isArray(keys)) throw new Error('the answer is not a JWK Set');
    return { keys, maxAgeMs: maxAgeOf(cacheControl) };
  };
}

/** RFC 9111 §5.2.2; what must not be stored or reused has an age of 0, which the key set raises to its least. */
function maxAgeOf(cacheControl: string | undefined): number | undefined {
  if (cacheControl === undefined) return undefined;
  if (/(?:^|[\s,])no-(?:store|cache)(?:$|[\s,=])/i.test(cacheControl)) return 0;
  const seconds = /(?:^|[\s,])max-age="?(\d+)/i.exec(cacheControl)?.[1];
  return seconds === undefined ? undefined : Number(seconds) * 1000;
}
