/**
 * One line of an access log: our own JSON, or the common and combined formats
 * that web servers write. A line that is none of these is `undefined`, never a
 * guess. About a microsecond a line.
 */
export interface LoggedRequest {
  /** Wall clock. */
  readonly atMs: number;
  readonly address: string;
  readonly method: string;
  /** Without its query. */
  readonly path: string;
  readonly status: number;
  readonly subject: string | undefined;
  readonly clientId: string | undefined;
  /** The code of a refusal that was ours. */
  readonly refusal: string | undefined;
}

/** Told by its first character: a line of ours is a JSON object, and no address begins with a brace. */
export function readLogLine(line: string): LoggedRequest | undefined {
  return line.startsWith('{') ? readOwn(line) : readCommon(line);
}

/** As `log/access-log.ts` writes them, in its order; where nothing is escaped, no quote can stand inside a value. */
const KEYS = [
  '{"time":"',
  '","method":"',
  '","path":"',
  ',"status":',
  ',"address":"',
  ',"subject":',
  ',"client_id":',
] as const;

function readOwn(line: string): LoggedRequest | undefined {
  if (line.includes('\\')) return readJson(line);
  const found: number[] = [];
  let at = 0;
  for (const key of KEYS) {
    const start = line.indexOf(key, at);
    if (start === -1) return readJson(line);
    found.push((at = start + key.length));
  }
  const [time, method, path, status, address, subject, clientId] = found as [
    number,
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const refusal = line.indexOf(',"refusal":"', clientId);
  return requestOf({
    atMs: isoTime(line.slice(time, line.indexOf('"', time))),
    method: line.slice(method, path - KEYS[2].length),
    path: withoutQuery(line.slice(path, line.indexOf('"', path))),
    status: Number(line.slice(status, status + 3)),
    address: line.slice(address, line.indexOf('"', address)),
    subject: line[subject] === '"' ? line.slice(subject + 1, line.indexOf('"', subject + 1)) : undefined,
    clientId: line[clientId] === '"' ? line.slice(clientId + 1, line.indexOf('"', clientId + 1)) : undefined,
    refusal: refusal === -1 ? undefined : line.slice(refusal + 12, line.indexOf('"', refusal + 12)),
  });
}

/** A line of ours in another order, with other fields in between, or with something escaped. */
function readJson(line: string): LoggedRequest | undefined {
  let value: Record<string, unknown>;
  try {
    value = JSON.parse(line) as Record<string, unknown>;
  } catch {
    return undefined;
  }
  const { time, address, method, path, status, subject, client_id: clientId, refusal } = value;
  if (typeof address !== 'string' || typeof method !== 'string' || typeof path !== 'string') return undefined;
  return requestOf({
    atMs: typeof time === 'string' ? Date.parse(time) : Number.NaN,
    address,
    method,
    path: withoutQuery(path),
    status: typeof status === 'number' ? status : Number.NaN,
    subject: textOf(subject),
    clientId: textOf(clientId),
    refusal: textOf(refusal),
  });
}

function requestOf(read: LoggedRequest): LoggedRequest | undefined {
  if (Number.isNaN(read.atMs) || Number.isNaN(read.status)) return undefined;
  return read;
}

/** Lines of one second stand together, and a second is read once. */
let lastSecond = { text: '', ms: Number.NaN };

function isoTime(text: string): number {
  if (text.length !== 24 || !text.endsWith('Z')) return Date.parse(text);
  if (!text.startsWith(lastSecond.text) || lastSecond.text === '') {
    lastSecond = { text: text.slice(0, 20), ms: Date.parse(`${text.slice(0, 19)}Z`) };
  }
  return lastSecond.ms + Number(text.slice(20, 23));
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** `ADDRESS IDENT USER [TIME] "METHOD TARGET VERSION" STATUS BYTES`, and whatever follows. */
function readCommon(line: string): LoggedRequest | undefined {
  const open = line.indexOf(' [');
  const close = line.indexOf('] "', open);
  const quote = line.indexOf('" ', close + 3);
  if (open <= 0 || close === -1 || quote === -1) return undefined;
  const [address, , user] = line.slice(0, open).split(' ');
  const atMs = commonTime(line.slice(open + 2, close));
  const [method, target] = line.slice(close + 3, quote).split(' ');
  const status = Number(line.slice(quote + 2, quote + 5));
  if (address === undefined || user === undefined || method === undefined || target === undefined) return undefined;
  return requestOf({
    atMs,
    address,
    method,
    path: withoutQuery(target),
    status,
    subject: user === '-' ? undefined : user,
    clientId: undefined,
    refusal: undefined,
  });
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const COMMON_TIME = /^(\d\d)\/(\w{3})\/(\d{4}):(\d\d):(\d\d):(\d\d) ([+-])(\d\d)(\d\d)$/;
/** Lines of one second stand together. */
let lastTime = { text: '', ms: Number.NaN };

function commonTime(text: string): number {
  if (text === lastTime.text) return lastTime.ms;
  const [, day, month = '', year, hour, minute, second, sign, zoneHours, zoneMinutes] = COMMON_TIME.exec(text) ?? [];
  const zoneMs = (Number(zoneHours) * 60 + Number(zoneMinutes)) * 60_000 * (sign === '-' ? -1 : 1);
  const monthIndex = MONTHS.indexOf(month);
  const [dayOfMonth, hours, minutes, seconds] = [day, hour, minute, second].map(Number);
  const ms =
    monthIndex === -1 ? Number.NaN : Date.UTC(Number(year), monthIndex, dayOfMonth, hours, minutes, seconds) - zoneMs;
  lastTime = { text, ms };
  return ms;
}

function withoutQuery(target: string): string {
  const query = target.indexOf('?');
  return query === -1 ? target : target.slice(0, query);
}
