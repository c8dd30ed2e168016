/** What is said of a token and its place, in words: never the token. */
import type { IssuerConfig, TokenSource } from '../config/config.ts';
import type { Claims } from './throwaway-key.ts';

const MOST_SHOWN = 120;

export function sourceText(source: TokenSource): string {
  if (source.in === 'cookie') return `the cookie \`${source.name}\``;
  if (source.in === 'query') return `the query parameter \`${source.name}\``;
  const name = titled(source.name);
  return source.scheme === undefined ? `the header \`${name}\`` : `\`${name}: ${titled(source.scheme)} …\``;
}

/** As it is usually spelt: the configuration has it in lower case. */
function titled(name: string): string {
  return name.replaceAll(/(?<![a-z])[a-z]/g, (letter) => letter.toUpperCase());
}

/** A value out of a token, short and printable. */
export function valueText(value: unknown): string {
  const plain = jsonOf(value).replaceAll(/[^\x20-\x7e]/g, '?');
  return plain.length > MOST_SHOWN ? `${plain.slice(0, MOST_SHOWN)}…` : plain;
}

/** A value can stand so deep in others that it cannot be written: whoever sent it knew. */
function jsonOf(value: unknown): string {
  try {
    return value === undefined ? 'nothing' : JSON.stringify(value);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return 'values too deep in one another';
  }
}

export function durationText(ms: number): string {
  const seconds = Math.ceil(ms / 1000);
  if (seconds < 120) return `${seconds} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 120 ? `${minutes} min` : `${Math.round(minutes / 60)} h`;
}

/** How long ago, and how far past what is forgiven. */
export function expiryText(claims: Claims, { clockSkewMs }: Pick<IssuerConfig, 'clockSkewMs'>, atMs: number): string {
  const { exp } = claims;
  if (typeof exp !== 'number') return 'it has no expiry';
  const agoMs = atMs - exp * 1000;
  return `it expired ${durationText(agoMs)} ago, ${durationText(agoMs - clockSkewMs)} past the clock skew of ${durationText(clockSkewMs)}`;
}

/** The least skew, in whole seconds, under which a token would still be good. */
export function skewThatWouldDo(claims: Claims, atMs: number): number | undefined {
  const { exp } = claims;
  return typeof exp === 'number' ? Math.floor((atMs - exp * 1000) / 1000) + 1 : undefined;
}
