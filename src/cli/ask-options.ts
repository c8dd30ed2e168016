/** The options that describe a request nobody sent, for the commands that ask what would become of it. */
import { X509Certificate } from 'node:crypto';
import { readJwks } from '../auth/jwks.ts';
import { whyUnread } from '../config/files.ts';
import { DURATION, durationMs } from '../config/units.ts';
import { type Ask, type Before, NOTHING_BEFORE, readUrl } from '../explain/ask.ts';
import { parseAddress } from '../limit/address.ts';
import { readCurl } from './curl.ts';
import { readTime } from './option-values.ts';
import { type Terminal, UsageError } from './terminal.ts';

export const ASK_OPTIONS = {
  curl: { type: 'string' },
  header: { type: 'string', short: 'H', multiple: true },
  address: { type: 'string' },
  claims: { type: 'string' },
  token: { type: 'string' },
  at: { type: 'string' },
  state: { type: 'string', multiple: true },
  'client-certificate': { type: 'string' },
} as const;

interface AskValues {
  readonly curl?: string | undefined;
  readonly header?: readonly string[] | undefined;
  readonly address?: string | undefined;
  readonly claims?: string | undefined;
  readonly token?: string | undefined;
  readonly at?: string | undefined;
  readonly state?: readonly string[] | undefined;
  readonly 'client-certificate'?: string | undefined;
}

/** A stranger of an address that is nobody's (RFC 5737). */
const STRANGER = '203.0.113.1';
const METHOD = /^[A-Za-z]{1,32}$/;
const FIELD = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([^\0\r\n]*)$/;

/** `words` are METHOD and URL; none with `--curl`. */
export function readAsk(words: readonly string[], values: AskValues, terminal: Terminal): Ask {
  const { method, url, fields, bodyLength } = requestOf(words, values.curl);
  const where = url.startsWith('/') ? ({ scheme: 'http', authority: 'localhost', target: url } as const) : readUrl(url);
  if (where === undefined)
    throw new UsageError('URL is as in `https://api.example.com/orders?page=2`, or a path as in `/orders`');
  if (!METHOD.test(method)) throw new UsageError('METHOD is a word as in GET or POST');
  const address = parseAddress(values.address ?? STRANGER);
  if (address === undefined) throw new UsageError('--address is an IP address as in `203.0.113.7` or `2001:db8::7`');
  if (values.claims !== undefined && values.token !== undefined)
    throw new UsageError('--claims makes a token and --token is one; give one of them');
  return {
    method: method.toUpperCase(),
    ...where,
    fields: [...fields, ...(values.header ?? []).map(readField)],
    bodyLength,
    address,
    certificate: certificateOf(values['client-certificate'], terminal),
    claims: values.claims === undefined ? undefined : readClaims(values.claims),
    token: values.token === '-' ? Buffer.from(terminal.readInput()).toString('utf8').trim() : values.token,
    atMs: values.at === undefined ? terminal.wall() : readTime('at', values.at),
    before: readBefore(values.state ?? []),
  };
}

function requestOf(
  words: readonly string[],
  curl: string | undefined,
): Pick<Ask, 'method' | 'fields' | 'bodyLength'> & { readonly url: string } {
  if (curl !== undefined) {
    if (words.length > 0) throw new UsageError('--curl says what METHOD and URL are');
    return readCurl(curl);
  }
  const [method, url] = words;
  if (method === undefined || url === undefined || words.length > 2)
    throw new UsageError('name METHOD and URL, or give --curl');
  return { method, url, fields: [], bodyLength: 0 };
}

function readField(text: string): readonly [string, string] {
  const [, name, value] = FIELD.exec(text) ?? [];
  if (name === undefined || value === undefined) throw new UsageError('-H is `Name: value`');
  return [name, value.trimEnd()];
}

function readClaims(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch {
    // Said below.
  }
  throw new UsageError('--claims is a JSON object as in \'{"sub":"user-1","scope":"orders:read"}\'');
}

const STATE_FORM = '`LIMIT=COUNT`, `LIMIT=COUNT@AGO`, `open=UPSTREAM` or `revoked=JTI`';
const USED = /^(\d{1,7})(?:@(\w+))?$/;
const DAY_MS = 86_400_000;

function readBefore(states: readonly string[]): Before {
  let { used, open, revoked } = NOTHING_BEFORE;
  for (const state of states) {
    // The name of a limit may hold anything.
    const at = state.lastIndexOf('=');
    const [name, value] = [state.slice(0, at), state.slice(at + 1)];
    if (at < 1 || value === '') throw new UsageError(`--state is ${STATE_FORM}`);
    if (name === 'open') open = [...open, { upstream: value, agoMs: 0 }];
    else if (name === 'revoked') revoked = [...revoked, value];
    else used = [...used, { limit: name, ...readUsed(value) }];
  }
  return { used, open, revoked };
}

function readUsed(text: string): { readonly count: number; readonly agoMs: number } {
  const [, count, ago = '0s'] = USED.exec(text) ?? [];
  const agoMs = DURATION.test(ago) ? durationMs(ago) : Number.NaN;
  if (count === undefined || !(agoMs <= DAY_MS)) throw new UsageError(`--state is ${STATE_FORM}, AGO at most \`1d\``);
  return { count: Number(count), agoMs };
}

function certificateOf(file: string | undefined, terminal: Terminal): X509Certificate | undefined {
  if (file === undefined) return undefined;
  try {
    return new X509Certificate(terminal.readFile(file));
  } catch (error) {
    throw new UsageError(`--client-certificate: ${unread(file, error, 'a certificate in PEM')}`);
  }
}

/** The keys of a JWK set in a file. Throws a `UsageError` where it holds none. */
export async function readKeys(file: string, terminal: Terminal): Promise<readonly unknown[]> {
  let set: unknown;
  try {
    set = JSON.parse(Buffer.from(terminal.readFile(file)).toString('utf8'));
  } catch (error) {
    throw new UsageError(`--jwks: ${unread(file, error, 'JSON')}`);
  }
  const keys = (set as { readonly keys?: unknown } | null)?.keys;
  if (!Array.isArray(keys)) throw new UsageError(`--jwks: ${file} is no JWK set: it has no \`keys\``);
  const index = await readJwks(keys);
  if (typeof index === 'string') throw new UsageError(`--jwks: ${file} cannot be used: ${index}`);
  return keys;
}

function unread(file: string, error: unknown, what: string): string {
  const isSystem =
    typeof (error as NodeJS.ErrnoException).syscall === 'string' || (error as NodeJS.ErrnoException).code === 'ENOENT';
  return isSystem ? `${file}: ${whyUnread(error, 'name one')}` : `${file} is not ${what}`;
}
