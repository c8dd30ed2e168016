/**
 * HTTP/2 by the frame: what a hostile peer sends and no library lets through.
 * Fields are written as HPACK literals (RFC 7541 §6.2.2), so that a test says
 * every byte; of replies only the frames are read.
 */
import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';

export const DATA = 0;
export const HEADERS = 1;
export const PRIORITY = 2;
export const RST_STREAM = 3;
export const SETTINGS = 4;
export const PUSH_PROMISE = 5;
export const PING = 6;
export const GOAWAY = 7;
export const WINDOW_UPDATE = 8;
export const CONTINUATION = 9;

export const END_STREAM = 0x1;
export const ACK = 0x1;
export const END_HEADERS = 0x4;
export const PADDED = 0x8;
export const WITH_PRIORITY = 0x20;

/** RFC 9113 §7. */
export const NO_ERROR = 0;
export const REFUSED_STREAM = 7;
export const CANCEL = 8;
export const ENHANCE_YOUR_CALM = 11;

export const PREFACE: Buffer = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
const NOTHING = Buffer.alloc(0);

export interface Frame {
  readonly type: number;
  readonly flags: number;
  readonly stream: number;
  readonly payload: Buffer;
}

/** One frame; `length` says another length than the payload has. */
export function frame(
  type: number,
  flags: number,
  stream: number,
  payload: Buffer | string = NOTHING,
  length: number = payload.length,
): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(length, 0, 3);
  head[3] = type;
  head[4] = flags;
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, typeof payload === 'string' ? Buffer.from(payload, 'latin1') : payload]);
}

/** A number in four bytes: the payload of RST_STREAM and WINDOW_UPDATE. */
export function word(...values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(4 * values.length);
  for (const [at, value] of values.entries()) bytes.writeUInt32BE(value >>> 0, 4 * at);
  return bytes;
}

/** The payload of SETTINGS. */
export function settings(...pairs: readonly (readonly [id: number, value: number])[]): Buffer {
  return Buffer.concat(
    pairs.map(([id, value]) => {
      const bytes = Buffer.alloc(6);
      bytes.writeUInt16BE(id, 0);
      bytes.writeUInt32BE(value >>> 0, 2);
      return bytes;
    }),
  );
}

/** An integer of HPACK (RFC 7541 §5.1) behind the bits `pattern` of its first byte. */
export function hpackInteger(value: number, prefixBits: number, pattern: number): Buffer {
  const most = 2 ** prefixBits - 1;
  if (value < most) return Buffer.from([pattern | value]);
  const bytes = [pattern | most];
  let rest = value - most;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) | 0x80);
  return Buffer.from([...bytes, rest]);
}

export type FieldPair = readonly [name: string, value: string];

/** A literal field; `indexed` puts it into the table. */
export function hpackLiteral([name, value]: FieldPair, indexed = false): Buffer {
  const text = (part: string) =>
    Buffer.concat([hpackInteger(Buffer.byteLength(part, 'latin1'), 7, 0), Buffer.from(part, 'latin1')]);
  return Buffer.concat([Buffer.from([indexed ? 0x40 : 0x00]), text(name), text(value)]);
}

export function fieldBlock(fields: readonly FieldPair[]): Buffer {
  return Buffer.concat(fields.map((field) => hpackLiteral(field)));
}

/** The fields of a good request, before `more`. */
export function requestFields(method = 'GET', path = '/', more: readonly FieldPair[] = []): readonly FieldPair[] {
  return [[':method', method], [':scheme', 'http'], [':path', path], [':authority', 'gateway.test'], ...more];
}

/** A whole head in one HEADERS frame; its stream is ended with it unless `flags` says otherwise. */
export function headersFrame(
  stream: number,
  fields: readonly FieldPair[] = requestFields(),
  flags: number = END_STREAM | END_HEADERS,
): Buffer {
  return frame(HEADERS, flags, stream, fieldBlock(fields));
}

export const resetFrame = (stream: number, code: number = CANCEL): Buffer => frame(RST_STREAM, 0, stream, word(code));

export interface FrameConnection {
  readonly socket: Socket;
  send(...frames: readonly Buffer[]): void;
  /** Every frame so far. */
  readonly frames: readonly Frame[];
  /** The first frame, so far or still to come, that `matches`; rejects when the connection ends without one. */
  frame(matches: (frame: Frame) => boolean): Promise<Frame>;
  /** Resolves when the other side has closed. */
  readonly ended: Promise<void>;
  readonly closed: boolean;
  close(): void;
}

export interface FramesOptions {
  /** TLS, with `h2` by ALPN, trusting this certificate. */
  readonly ca?: string;
  /** True: not a byte is sent but what the test sends. */
  readonly silent?: boolean;
  /** The payload of the first SETTINGS. */
  readonly settings?: Buffer;
}

const PATIENCE_MS = 20_000;

/** Opens a connection to `port` on loopback, with the preface and SETTINGS sent; the other side's and PING are acknowledged. */
export async function connectFrames(port: number, options: FramesOptions = {}): Promise<FrameConnection> {
  const { ca } = options;
  const speaks = options.silent !== true;
  const socket =
    ca === undefined
      ? connect({ port, host: '127.0.0.1', noDelay: true })
      : connectTls({ port, host: '127.0.0.1', servername: 'gateway.test', ca, ALPNProtocols: ['h2'] });
  await new Promise<void>((resolve, reject) => {
    socket.once(ca === undefined ? 'connect' : 'secureConnect', () => resolve());
    socket.once('error', reject);
    socket.once('close', () => reject(new Error('closed')));
  });
  const frames: Frame[] = [];
  const waiting = new Set<() => void>();
  const wake = () => {
    for (const look of waiting) look();
  };
  let received = NOTHING;
  let closed = false;
  socket.on('data', (bytes: Buffer) => {
    received = Buffer.concat([received, bytes]);
    for (;;) {
      const length = received.length < 9 ? Infinity : received.readUIntBE(0, 3);
      if (received.length < 9 + length) break;
      const read: Frame = {
        type: received[3]!,
        flags: received[4]!,
        stream: received.readUInt32BE(5),
        payload: received.subarray(9, 9 + length),
      };
      received = received.subarray(9 + length);
      frames.push(read);
      if (speaks && read.flags === 0 && (read.type === SETTINGS || read.type === PING)) {
        socket.write(frame(read.type, ACK, 0, read.type === PING ? read.payload : NOTHING));
      }
    }
    wake();
  });
  socket.on('error', () => {});
  const ended = new Promise<void>((resolve) => {
    const end = () => {
      closed = true;
      wake();
      resolve();
    };
    socket.on('end', end);
    socket.on('close', end);
  });
  if (speaks) socket.write(Buffer.concat([PREFACE, frame(SETTINGS, 0, 0, options.settings)]));
  return {
    socket,
    frames,
    ended,
    get closed() {
      return closed;
    },
    send: (...sent) => void socket.write(Buffer.concat(sent)),
    frame: (matches) =>
      new Promise((resolve, reject) => {
        const done = (settle: () => void) => {
          waiting.delete(look);
          clearTimeout(giveUp);
          settle();
        };
        const fail = (why: string) => done(() => reject(new Error(`${why}; frames: ${describe(frames)}`)));
        const giveUp = setTimeout(() => fail(`no such frame in ${PATIENCE_MS} ms`), PATIENCE_MS);
        const look = () => {
          const found = frames.find(matches);
          if (found !== undefined) done(() => resolve(found));
          else if (closed) fail('the connection ended');
        };
        waiting.add(look);
        look();
      }),
    close: () => void socket.destroy(),
  };
}

/** The code of a RST_STREAM or GOAWAY frame. */
export const codeOf = ({ type, payload }: Frame): number => payload.readUInt32BE(type === GOAWAY ? 4 : 0);

/** The DATA of `stream`, joined. */
export function dataOf(frames: readonly Frame[], stream: number): Buffer {
  return Buffer.concat(
    frames.filter(({ type, stream: of }) => type === DATA && of === stream).map(({ payload }) => payload),
  );
}

export function describe(frames: readonly Frame[]): string {
  return frames.map(({ type, flags, stream, payload }) => `${type}/${flags}/${stream}(${payload.length})`).join(' ');
}
