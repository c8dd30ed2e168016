/**
 * Reads a request head: request line, fields, and how long the body is. Pure:
 * text in, a value or a refusal out. The rules that decide where a request ends
 * are the strictest RFC 9112 allows, because a second opinion on that question
 * is what request smuggling is made of.
 */
import type { Request } from '../request.ts';
import { refuse, type Refusal } from '../refusal.ts';
import {
  CONNECTION,
  connectionOptions,
  CONTENT_LENGTH,
  EXPECT,
  emptySection,
  HOST,
  readFields,
  TE,
  TRANSFER_ENCODING,
  UPGRADE,
} from './fields.ts';
import type { FieldSection } from './fields.ts';
import { allIn, CR, HOST_NAME, LF, SP, TARGET, LENGTH } from './syntax.ts';

/** A body whose length its chunks tell. */
export const CHUNKED = -1;

export interface RequestHead extends Request {
  readonly text: string;
  readonly section: FieldSection;
  /** As `Via` has it. */
  readonly protocol: '1.0' | '1.1' | '2.0';
  readonly http10: boolean;
  /** Bytes of the body, or `CHUNKED`. */
  readonly bodyLength: number;
  readonly expectsContinue: boolean;
  readonly keepAlive: boolean;
  /** Whether the caller said `TE: trailers`. */
  readonly acceptsTrailers: boolean;
  /** The host with its port as it is sent on: the absolute-form target's, or else the Host field's (RFC 9112 §3.2.2). */
  readonly authority: string;
  /** True when the Host field must be replaced by `authority`. */
  readonly absoluteForm: boolean;
  readonly nominated: ReadonlySet<string> | undefined;
}

export interface HeadLimits {
  readonly requestLineBytes: number;
  readonly headFields: number;
}

/** Methods served at all, and whether a body may come with them: one on the others is what CL.0 attacks need. */
const METHODS: ReadonlyMap<string, boolean> = new Map([
  ['GET', false],
  ['HEAD', false],
  ['OPTIONS', false],
  ['POST', true],
  ['PUT', true],
  ['PATCH', true],
  ['DELETE', true],
]);
/** Of a route for any method: the value of `Allow`. */
export const ALLOW = [...METHODS.keys()].join(', ');

const PORT = /^[0-9]{1,5}$/;
const IPV6_LITERAL = /^\[[0-9a-fA-F:.]{2,45}\]$/;
const ABSOLUTE_FORM = /^https?:\/\/([^/?]*)(.*)$/i;

/** For everyone on the way (RFC 9110 §7.6.1): who nominates one of these wants it lost between us and the service. */
const NEVER_NOMINATED = new Set([
  'host',
  'content-length',
  'transfer-encoding',
  'authorization',
  'cookie',
  'via',
  'forwarded',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-proto',
]);

const malformed = (detail: string): Refusal => refuse('malformed_request', { detail });

/** Reads the first `end` bytes, which run from the method to behind the CRLF of the last field line. */
export function readRequestHead(bytes: Buffer, end: number, limits: HeadLimits): RequestHead | Refusal {
  const text = bytes.toString('latin1', 0, end);
  const methodEnd = text.indexOf(' ');
  const method = text.slice(0, methodEnd);
  const bodyAllowed = METHODS.get(method);

  const targetStart = methodEnd + 1;
  let at = targetStart;
  while (TARGET[bytes[at]!] === 1) at++;
  const lineEnd = text.indexOf('\r', at);
  if (at > limits.requestLineBytes || lineEnd > limits.requestLineBytes) return refuse('uri_too_long');
  if (bytes[at] !== SP) return malformed('The request target holds a character that no target may hold.');
  // HTTP/1.1 or HTTP/1.0, nothing between it and the line's end, and the text of it goes no further.
  if (!text.startsWith('HTTP/1.', at + 1)) return malformed('The request line must be: method, target, HTTP/1.1.');
  const minor = bytes[at + 8];
  if ((minor !== 0x31 && minor !== 0x30) || bytes[at + 9] !== CR || bytes[at + 10] !== LF) {
    return malformed('The request line must end in HTTP/1.1 or HTTP/1.0.');
  }
  const http10 = minor === 0x30;
  const target = text.slice(targetStart, at);

  const section = emptySection();
  const fault = readFields(bytes, text, { from: at + 11, end }, section);
  if (fault !== undefined) return malformed(`Header fields: ${fault}.`);
  if (section.names.length > limits.headFields)
    return refuse('headers_too_large', { detail: 'Too many header fields.' });
  if (bodyAllowed === undefined) {
    return /^[A-Z]{1,32}$/.test(method)
      ? refuse('method_not_allowed', { headers: [['Allow', ALLOW]] })
      : malformed('The method is not one.');
  }

  let host: string | undefined;
  let contentLength: string | undefined;
  let transferEncoding: string | undefined;
  let connection: string | undefined;
  let expect: string | undefined;
  let upgrade: string | undefined;
  let acceptsTrailers = false;
  const { kinds, values } = section;
  for (let index = 0; index < kinds.length; index++) {
    const value = values[index]!;
    switch (kinds[index]!) {
      case HOST:
        if (host !== undefined) return malformed('Two Host fields.');
        host = value;
        break;
      case CONTENT_LENGTH:
        if (contentLength !== undefined) return malformed('Two Content-Length fields.');
        contentLength = value;
        break;
      case TRANSFER_ENCODING:
        if (transferEncoding !== undefined) return malformed('Two Transfer-Encoding fields.');
        transferEncoding = value;
        break;
      case CONNECTION:
        connection = connection === undefined ? value : `${connection},${value}`;
        break;
      case EXPECT:
        if (expect !== undefined) return malformed('Two Expect fields.');
        expect = value;
        break;
      case UPGRADE:
        upgrade = upgrade === undefined ? value : `${upgrade},${value}`;
        break;
      case TE:
        acceptsTrailers ||= value.toLowerCase() === 'trailers';
        break;
      default:
    }
  }

  let rawPath = target;
  let authority = host;
  let absoluteForm = false;
  if (target.charCodeAt(0) !== 0x2f) {
    if (target !== '*' || method !== 'OPTIONS') {
      const parts = ABSOLUTE_FORM.exec(target);
      if (parts === null) return malformed('The target must be a path.');
      absoluteForm = true;
      authority = parts[1]!;
      rawPath = parts[2]!.startsWith('/') ? parts[2]! : `/${parts[2]!}`;
    }
  }
  if (host === undefined && !(http10 && absoluteForm)) {
    if (!http10) return malformed('No Host field.');
    authority = '';
  }
  const hostName = http10 && authority === '' ? '' : hostOf(authority!);
  if (hostName === undefined) return malformed('The host is not a name or an address with an optional port.');
  if (absoluteForm && host !== undefined && hostOf(host) === undefined)
    return malformed('The Host field is not valid.');
  const queryAt = rawPath.indexOf('?');
  const query = queryAt === -1 ? undefined : rawPath.slice(queryAt + 1);
  if (queryAt !== -1) rawPath = rawPath.slice(0, queryAt);

  let bodyLength = 0;
  if (transferEncoding !== undefined) {
    // With both, one of two servers is wrong about the end of this request (RFC 9112 §6.1, §6.3).
    if (contentLength !== undefined) return malformed('Both Transfer-Encoding and Content-Length.');
    if (http10) return malformed('Transfer-Encoding in HTTP/1.0.');
    if (transferEncoding.toLowerCase() !== 'chunked') return malformed('The only transfer coding served is chunked.');
    bodyLength = CHUNKED;
  } else if (contentLength !== undefined) {
    if (!LENGTH.test(contentLength)) return malformed('Content-Length must be one plain decimal number.');
    bodyLength = Number(contentLength);
  }
  if (bodyLength !== 0 && !bodyAllowed) return malformed(`A ${method} request may not have a body.`);

  let expectsContinue = false;
  if (expect !== undefined) {
    if (expect.toLowerCase() !== '100-continue') return malformed('The only expectation served is 100-continue.');
    expectsContinue = !http10 && bodyLength !== 0;
  }

  const options = connectionOptions(connection, http10);
  if (typeof options === 'string') return malformed(`${options}.`);
  for (const name of options.nominated ?? []) {
    if (NEVER_NOMINATED.has(name)) return malformed('Connection names a field that must be passed on.');
  }

  // A client of HTTP/1.0 cannot mean it (RFC 9110 §7.8), and with another method nobody opens a WebSocket.
  const upgrades = upgrade !== undefined && !http10 && method === 'GET' && options.nominated?.has('upgrade') === true;

  return {
    text,
    section,
    method,
    rawPath,
    query,
    host: hostName,
    names: section.names,
    values,
    upgrade: upgrades ? upgrade!.toLowerCase() : undefined,
    protocol: http10 ? '1.0' : '1.1',
    http10,
    bodyLength,
    expectsContinue,
    keepAlive: options.keepAlive,
    acceptsTrailers,
    authority: authority!,
    absoluteForm,
    nominated: options.nominated,
  };
}

/** Stands in for the head of a request that could not be read. */
export const UNREADABLE: RequestHead = {
  text: '',
  section: { names: [], values: [], kinds: [], starts: [0], canonical: true },
  method: '',
  rawPath: '',
  query: undefined,
  host: '',
  names: [],
  values: [],
  upgrade: undefined,
  protocol: '1.1',
  http10: false,
  bodyLength: 0,
  expectsContinue: false,
  keepAlive: false,
  acceptsTrailers: false,
  authority: '',
  absoluteForm: false,
  nominated: undefined,
};

/** The host of `host:port`, lower-case and without a trailing dot; `undefined` when it is not one. */
function hostOf(authority: string): string | undefined {
  if (authority.charCodeAt(0) === 0x5b) {
    const end = authority.indexOf(']') + 1;
    const literal = authority.slice(0, end);
    const rest = authority.slice(end);
    if (!IPV6_LITERAL.test(literal) || (rest !== '' && !(rest.startsWith(':') && isPort(rest.slice(1)))))
      return undefined;
    return literal.toLowerCase();
  }
  const colon = authority.indexOf(':');
  const name = colon === -1 ? authority : authority.slice(0, colon);
  if (name === '' || !allIn(HOST_NAME, name)) return undefined;
  if (colon !== -1 && !isPort(authority.slice(colon + 1))) return undefined;
  const lower = name.toLowerCase();
  return lower.endsWith('.') && lower.length > 1 ? lower.slice(0, -1) : lower;
}

function isPort(text: string): boolean {
  return PORT.test(text) && Number(text) <= 65535;
}
