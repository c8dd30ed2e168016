/**
 * Which pages of other origins may read a route's replies (Fetch standard,
 * "CORS protocol"). A preflight is answered here, before authentication and
 * limits: it carries no token by design. The header lines are assembled when the
 * route is made; a request costs one look-up by its exact `Origin`, and only an
 * origin that a pattern allows costs a string.
 */
import { fieldOf, type Request } from '../request.ts';

export interface CorsOptions {
  /** Exact origins, `*`, or a pattern whose `*` stands for one or more whole labels: `https://*.example.com`. */
  readonly origins: readonly string[];
  readonly methods: readonly string[];
  /** Lower-case. */
  readonly headers: readonly string[];
  readonly exposeHeaders: readonly string[];
  readonly credentials: boolean;
  readonly maxAgeMs: number;
}

export interface Cors {
  /**
   * The header lines of the 204 that answers `request`, each ending in CRLF;
   * `undefined` where it is no preflight and goes the way of all requests. A
   * preflight that asks too much is answered without a single allow header.
   */
  preflight(request: Pick<Request, 'method' | 'names' | 'values'>): string | undefined;
  /** The header lines of every other reply, refusals included, each ending in CRLF. Takes the request's `Origin`. */
  replyHeaders(origin: string | undefined): string;
  /** Whether the request comes from a page whose origin is not allowed. What names no origin does not come from a page. */
  refuses(request: Pick<Request, 'names' | 'values'>): boolean;
}

export function createCors(options: CorsOptions): Cors {
  const { origins, methods, credentials } = options;
  if (credentials && origins.includes('*'))
    throw new Error('origins: * with credentials lets every page act as its reader');
  const anyOrigin = origins.includes('*');
  const exact = new Map(
    origins.filter((origin) => !origin.includes('*')).map((origin) => [origin, originLine(origin)] as const),
  );
  const patterns = origins.filter((origin) => origin !== '*' && origin.includes('*')).map(compilePattern);
  const headers = new Set(options.headers);

  // The answer depends on `Origin` even where it grants nothing: a cache must not hand it to the next page.
  const vary = anyOrigin ? '' : 'Vary: Origin\r\n';
  const credentialsLine = credentials ? 'Access-Control-Allow-Credentials: true\r\n' : '';
  const forReplies = `${credentialsLine}${listLine('Access-Control-Expose-Headers', options.exposeHeaders)}${vary}`;
  const forPreflights =
    credentialsLine +
    listLine('Access-Control-Allow-Methods', methods) +
    listLine('Access-Control-Allow-Headers', options.headers) +
    `Access-Control-Max-Age: ${Math.floor(options.maxAgeMs / 1000)}\r\n${vary}`;
  const allowed = new Map([...exact].map(([origin, line]) => [origin, line + forReplies]));
  const allowedToAny = `Access-Control-Allow-Origin: *\r\n${forReplies}`;

  function allowLine(origin: string): string | undefined {
    if (anyOrigin) return originLine('*');
    return exact.get(origin) ?? (patterns.some((matches) => matches(origin)) ? originLine(origin) : undefined);
  }

  return {
    preflight(request) {
      if (request.method !== 'OPTIONS') return undefined;
      const origin = soleField(request, 'origin');
      const method = soleField(request, 'access-control-request-method');
      if (origin === undefined || method === undefined) return undefined;
      const line = allowLine(origin);
      if (
        line === undefined ||
        !methods.includes(method) ||
        !allAllowed(fieldOf(request, 'access-control-request-headers'), headers) ||
        // A public page reaching into a private network needs a consent that nobody can give here.
        request.names.includes('access-control-request-private-network')
      ) {
        return vary;
      }
      return line + forPreflights;
    },
    refuses(request) {
      const origin = soleField(request, 'origin');
      return origin !== undefined && allowLine(origin) === undefined;
    },
    replyHeaders(origin) {
      if (anyOrigin) return allowedToAny;
      if (origin === undefined) return vary;
      const line = allowed.get(origin);
      if (line !== undefined) return line;
      return patterns.some((matches) => matches(origin)) ? originLine(origin) + forReplies : vary;
    },
  };
}

/** Where a route has CORS, these fields of its service's reply are dropped for the gateway's own: two values are none. */
export function isCorsReplyHeader(lowerCaseName: string): boolean {
  return lowerCaseName.startsWith('access-control-');
}

function originLine(origin: string): string {
  return `Access-Control-Allow-Origin: ${origin}\r\n`;
}

function listLine(name: string, values: readonly string[]): string {
  return values.length === 0 ? '' : `${name}: ${values.join(', ')}\r\n`;
}

/** No browser sends these twice. What came twice is a value that allows nothing. */
function soleField(request: Pick<Request, 'names' | 'values'>, name: string): string | undefined {
  return request.names.indexOf(name) === request.names.lastIndexOf(name) ? fieldOf(request, name) : '';
}

function allAllowed(requested: string | undefined, headers: ReadonlySet<string>): boolean {
  if (requested === undefined) return true;
  return requested.split(',').every((part) => {
    const name = part.trim().toLowerCase();
    return name === '' || headers.has(name);
  });
}

/** `https://*.example.com` → does an origin match it? Compared as text, so no dot is a wildcard and nothing is unanchored. */
function compilePattern(pattern: string): (origin: string) => boolean {
  const star = pattern.indexOf('*');
  const before = pattern.slice(0, star);
  const after = pattern.slice(star + 1);
  if (!/(?:\/\/|\.)$/.test(before) || !after.startsWith('.') || after.includes('*')) {
    throw new Error(`origins: the * in ${pattern} must stand for whole labels`);
  }
  return (origin) =>
    origin.startsWith(before) &&
    origin.endsWith(after) &&
    areLabels(origin, before.length, origin.length - after.length);
}

/** Whether `text` from `from` to `to` is one or more labels, as a browser writes them: lower-case letters, digits, hyphens. */
function areLabels(text: string, from: number, to: number): boolean {
  let afterDot = true;
  for (let at = from; at < to; at++) {
    const code = text.charCodeAt(at);
    const dot = code === 0x2e;
    if (dot && afterDot) return false;
    if (!dot && !(code >= 0x61 && code <= 0x7a) && !(code >= 0x30 && code <= 0x39) && code !== 0x2d) return false;
    afterDot = dot;
  }
  return !afterDot;
}
