/** A command line of curl, as somebody pasted it: the request that it would send. Nothing is sent, and no file that it names is read. */
import { UsageError } from './terminal.ts';

export interface CurlRequest {
  readonly method: string;
  readonly url: string;
  readonly fields: readonly (readonly [name: string, value: string])[];
  readonly bodyLength: number;
}

/** What of curl makes a request what it is, by every name it has there. */
const WITH_VALUE: ReadonlyMap<string, string> = new Map([
  ['-X', 'method'],
  ['--request', 'method'],
  ['-H', 'header'],
  ['--header', 'header'],
  ['--url', 'url'],
  ['-A', 'user-agent'],
  ['--user-agent', 'user-agent'],
  ['-e', 'referer'],
  ['--referer', 'referer'],
  ['-b', 'cookie'],
  ['--cookie', 'cookie'],
  ['-u', 'user'],
  ['--user', 'user'],
  ['--oauth2-bearer', 'bearer'],
  ['--json', 'json'],
  ...['-d', '--data', '--data-raw', '--data-ascii', '--data-binary', '--data-urlencode'].map(
    (name) => [name, 'data'] as const,
  ),
  // These change nothing of the request.
  ...['-o', '--output', '-m', '--max-time', '--connect-timeout', '-w', '--write-out', '--retry', '--cacert'].map(
    (name) => [name, 'ignored'] as const,
  ),
]);
const ALONE: ReadonlyMap<string, string> = new Map([
  ['-I', 'head'],
  ['--head', 'head'],
  ['-G', 'get'],
  ['--get', 'get'],
  ...'-s -S -L -i -v -k -f -g -N -O --silent --show-error --location --include --verbose --insecure --fail --globoff --no-buffer --compressed --http1.1 --http2 --path-as-is'
    .split(' ')
    .map((name) => [name, 'ignored'] as const),
]);

export function readCurl(command: string): CurlRequest {
  const [name, ...rest] = shellWords(command);
  if (name !== 'curl') throw new UsageError('--curl takes a whole command, as in `curl -X POST https://…`');
  const options = readOptions(rest);
  const one = (what: string): string | undefined => options.findLast(([option]) => option === what)?.[1];
  const all = (what: string): string[] => options.flatMap(([option, value]) => (option === what ? [value] : []));
  const json = all('json');
  const body = [...all('data'), ...json].join('&');
  const asQuery = one('get') !== undefined && body !== '';
  const url = one('url') ?? '';
  const fields = all('header').flatMap(readField);
  const given = new Set(fields.map(([field]) => field.toLowerCase()));
  const bearer = one('bearer');
  const user = one('user');
  const usual: [string, string | undefined][] = [
    ['Authorization', user && `Basic ${Buffer.from(user).toString('base64')}`],
    ['Authorization', bearer && `Bearer ${bearer}`],
    ['User-Agent', one('user-agent')],
    ['Referer', one('referer')],
    ['Cookie', one('cookie')],
    ['Accept', json.length > 0 ? 'application/json' : '*/*'],
    ['Content-Type', contentType(body !== '' && !asQuery, json.length > 0)],
  ];
  const added = usual.flatMap(([field, value]) =>
    value === undefined || given.has(field.toLowerCase()) ? [] : [[field, value] as const],
  );
  return {
    method: one('method') ?? (one('head') === undefined ? (body === '' || asQuery ? 'GET' : 'POST') : 'HEAD'),
    url: asQuery ? `${url}${url.includes('?') ? '&' : '?'}${body}` : url,
    fields: [...added, ...fields],
    bodyLength: asQuery ? 0 : Buffer.byteLength(body),
  };
}

function contentType(hasBody: boolean, isJson: boolean): string | undefined {
  if (!hasBody) return undefined;
  return isJson ? 'application/json' : 'application/x-www-form-urlencoded';
}

/** `Name: value`; `Name:` takes a field away, which leaves none here. */
function readField(text: string): readonly (readonly [string, string])[] {
  const colon = text.indexOf(':');
  if (colon < 1) throw new UsageError('a header is `Name: value`');
  const value = text.slice(colon + 1).trim();
  return value === '' ? [] : [[text.slice(0, colon), value]];
}

function readOptions(words: readonly string[]): readonly (readonly [option: string, value: string])[] {
  const options: [string, string][] = [];
  for (let at = 0; at < words.length; at++) {
    const word = words[at]!;
    if (!word.startsWith('-') || word === '-') {
      options.push(['url', word]);
      continue;
    }
    // `-sSL` is three, and `-XPOST` one with its value.
    const names = word.startsWith('--') ? [word] : Array.from(word.slice(1), (letter) => `-${letter}`);
    for (const [index, name] of names.entries()) {
      const alone = ALONE.get(name);
      if (alone !== undefined) {
        options.push([alone, '']);
        continue;
      }
      const option = WITH_VALUE.get(name);
      if (option === undefined) throw new UsageError(`curl's option \`${name}\` is not known here; leave it out`);
      const attached = word.startsWith('--') ? '' : word.slice(index + 2);
      const value = attached === '' ? words[++at] : attached;
      if (value === undefined) throw new UsageError(`curl's option \`${name}\` needs a value`);
      options.push([option, value]);
      break;
    }
  }
  return options;
}

/** As a POSIX shell splits a line; nothing is expanded. */
function shellWords(line: string): readonly string[] {
  const words: string[] = [];
  let word: string | undefined;
  for (const [piece] of line.matchAll(/'[^']*'|"(?:\\[^]|[^"\\])*"|\\\r?\n|\\[^]|\s+|[^\s'"\\]+|['"\\]/g)) {
    if (/^(?:\s|\\\r?\n)/.test(piece)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else if (piece === "'" || piece === '"') {
      throw new UsageError('a quote in the command of --curl is not closed');
    } else if (piece.startsWith("'")) word = (word ?? '') + piece.slice(1, -1);
    else if (piece.startsWith('"')) word = (word ?? '') + piece.slice(1, -1).replaceAll(/\\(["\\$`])/g, '$1');
    else word = (word ?? '') + (piece.startsWith('\\') ? piece.slice(1) : piece);
  }
  return word === undefined ? words : [...words, word];
}
