/**
 * Reads the head of an upstream's reply: status line, fields, and how its body
 * ends. Pure. An upstream is a peer like any other: what it sends is checked as
 * strictly as a request, because its bytes go to somebody else's connection.
 */
import {
  CONNECTION,
  CONTENT_LENGTH,
  emptySection,
  connectionOptions,
  readFields,
  TRANSFER_ENCODING,
} from './fields.ts';
import type { FieldSection } from './fields.ts';
import { CHUNKED } from './request-head.ts';
import { CR, FIELD_VALUE, LF, SP, LENGTH } from './syntax.ts';

/** A body that ends when the upstream closes (RFC 9112 §6.3, rule 8). */
export const UNTIL_CLOSE = -2;

export interface ReplyHead {
  readonly status: number;
  /** As it came; may be empty. */
  readonly reason: string;
  readonly text: string;
  readonly section: FieldSection;
  /** Bytes of the body, `CHUNKED` or `UNTIL_CLOSE`. */
  readonly bodyLength: number;
  /** What Content-Length said, also where there is no body (HEAD, 304). */
  readonly contentLength: string | undefined;
  readonly keepAlive: boolean;
  readonly nominated: ReadonlySet<string> | undefined;
}

/** Reads `bytes`, which run from the status line to behind the last field line; a string says what is wrong. */
export function readReplyHead(bytes: Buffer, requestMethod: string, maxFields: number): ReplyHead | string {
  const text = bytes.toString('latin1');
  if (!text.startsWith('HTTP/1.')) return 'not an HTTP/1 status line';
  const minor = bytes[7];
  const http10 = minor === 0x30;
  if ((!http10 && minor !== 0x31) || bytes[8] !== SP) return 'neither HTTP/1.1 nor HTTP/1.0';
  const status = digit(bytes[9]) * 100 + digit(bytes[10]) * 10 + digit(bytes[11]);
  if (!(status >= 100 && status <= 599)) return 'the status is not three digits from 100 to 599';
  let at = 12;
  // The space before an empty reason is left out by enough servers to be let through; nothing else is.
  if (bytes[at] === SP) at++;
  else if (bytes[at] !== CR) return 'the status is not three digits';
  const reasonStart = at;
  while (FIELD_VALUE[bytes[at]!] === 1) at++;
  if (bytes[at] !== CR || bytes[at + 1] !== LF) return 'the status line holds a control character';
  const reason = text.slice(reasonStart, at);

  const section = emptySection();
  const fault = readFields(bytes, text, { from: at + 2, end: bytes.length }, section);
  if (fault !== undefined) return fault;
  if (section.names.length > maxFields) return 'too many header fields';

  let contentLength: string | undefined;
  let transferEncoding: string | undefined;
  let connection: string | undefined;
  for (let index = 0; index < section.kinds.length; index++) {
    const value = section.values[index]!;
    switch (section.kinds[index]!) {
      case CONTENT_LENGTH:
        if (contentLength !== undefined) return 'two Content-Length fields';
        contentLength = value;
        break;
      case TRANSFER_ENCODING:
        if (transferEncoding !== undefined) return 'two Transfer-Encoding fields';
        transferEncoding = value;
        break;
      case CONNECTION:
        connection = connection === undefined ? value : `${connection},${value}`;
        break;
      default:
    }
  }

  if (contentLength !== undefined && !LENGTH.test(contentLength))
    return 'Content-Length is not one plain decimal number';
  if (transferEncoding !== undefined) {
    if (contentLength !== undefined) return 'both Transfer-Encoding and Content-Length';
    if (http10) return 'Transfer-Encoding in HTTP/1.0';
    if (transferEncoding.toLowerCase() !== 'chunked') return 'a transfer coding other than chunked';
  }

  const options = connectionOptions(connection, http10);
  if (typeof options === 'string') return options;

  const bodyless = requestMethod === 'HEAD' || status < 200 || status === 204 || status === 304;
  let bodyLength = UNTIL_CLOSE;
  if (bodyless) bodyLength = 0;
  else if (transferEncoding !== undefined) bodyLength = CHUNKED;
  else if (contentLength !== undefined) bodyLength = Number(contentLength);

  return {
    status,
    reason,
    text,
    section,
    bodyLength,
    contentLength,
    keepAlive: options.keepAlive && bodyLength !== UNTIL_CLOSE,
    nominated: options.nominated,
  };
}

function digit(code: number | undefined): number {
  return code !== undefined && code >= 0x30 && code <= 0x39 ? code - 0x30 : Number.NaN;
}
