/**
 * A log of any size, line by line: from a file, packed by gzip or not, or from
 * standard input. Holds one piece of it at a time; a line that is longer than
 * any of a log is handed on as it begins, to be called broken.
 */
import { createReadStream, fstatSync, openSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';

const PIECE_BYTES = 1024 * 1024;
const NEWLINE = 0x0a;

export interface LogInput {
  /** Of the file; `undefined` where nobody can know. */
  readonly bytes: number | undefined;
  /** Calls `take` for each line, and `progress` with the bytes read now and then. Rejects where it cannot be read. */
  read(take: (line: string) => void, progress: (bytes: number) => void): Promise<void>;
}

/** `-` is standard input. Throws where there is no such file. */
export function openLog(path: string): LogInput {
  if (path === '-') return { bytes: undefined, read: (take, progress) => readLines(process.stdin, take, progress) };
  const descriptor = openSync(path, 'r');
  const stream = createReadStream(path, { fd: descriptor, highWaterMark: PIECE_BYTES });
  const isPacked = path.endsWith('.gz');
  return {
    bytes: isPacked ? undefined : fstatSync(descriptor).size,
    read: (take, progress) => readLines(isPacked ? unpacked(stream) : stream, take, progress),
  };
}

function unpacked(stream: Readable): Readable {
  const gunzip = createGunzip();
  // `pipe` does not hand errors on.
  stream.on('error', (error) => gunzip.destroy(error));
  return stream.pipe(gunzip);
}

async function readLines(
  stream: Readable,
  take: (line: string) => void,
  progress: (bytes: number) => void,
): Promise<void> {
  let rest: Buffer = Buffer.alloc(0);
  let read = 0;
  for await (const piece of stream as AsyncIterable<Buffer>) {
    read += piece.length;
    const end = piece.lastIndexOf(NEWLINE);
    if (end === -1) {
      rest = Buffer.concat([rest, piece]);
      if (rest.length <= PIECE_BYTES) continue;
      take(rest.toString('utf8', 0, 100));
      rest = Buffer.alloc(0);
      continue;
    }
    // Whole lines at once: no character of several bytes is ever split.
    takeLines(Buffer.concat([rest, piece.subarray(0, end)]).toString('utf8'), take);
    rest = piece.subarray(end + 1);
    progress(read);
  }
  if (rest.length > 0) takeLines(rest.toString('utf8'), take);
}

function takeLines(text: string, take: (line: string) => void): void {
  let from = 0;
  for (let end = text.indexOf('\n'); end !== -1; end = text.indexOf('\n', from)) {
    take(text.slice(from, end));
    from = end + 1;
  }
  take(text.slice(from));
}
