/**
 * One connection of a load that measures: sends a request, reads the answer by
 * its length, and tells the status and that it is done. As little work as can
 * be, since every microsecond of it stands in the latency that is measured.
 */
import { connect as connectPlain, type Socket } from 'node:net';
import { connect as connectSecure } from 'node:tls';

export interface CallerOptions {
  readonly port: number;
  readonly tls: boolean;
  /** A new connection for each request, which says `Connection: close`. */
  readonly close: boolean;
  /** Status 0: the connection ended before the answer did. */
  readonly answered: (caller: Caller, status: number) => void;
}

export interface Caller {
  /** When the request under way should have been sent; the user's own. */
  dueAt: number;
  send(request: Buffer): void;
  end(): void;
}

/** Of a read that begins an answer; the heads of all rivals are shorter. */
const HEAD_BYTES = 2048;

export function createCaller({ port, tls, close, answered }: CallerOptions): Caller {
  // Only one answer is read at a time and nothing of it is kept, so one buffer does for all reads.
  const buffer = Buffer.allocUnsafe(256 * 1024);
  let socket: Socket | undefined;
  let busy = false;
  let head = '';
  let status = 0;
  let remaining = -1;

  function open(): Socket {
    const host = '127.0.0.1';
    const opened = tls
      ? connectSecure({ host, port, rejectUnauthorized: false })
      : connectPlain({ host, port, noDelay: true, onread: { buffer, callback: (read) => (take(buffer, read), true) } });
    if (tls) opened.on('data', (bytes: Buffer) => take(bytes, bytes.length)).setNoDelay(true);
    opened.on('error', () => {});
    opened.on('close', () => {
      if (socket !== opened) return;
      socket = undefined;
      if (busy) finish(0);
    });
    return opened;
  }

  function take(bytes: Buffer, length: number): void {
    if (remaining < 0) {
      const before = head.length;
      head += bytes.toString('latin1', 0, Math.min(length, HEAD_BYTES));
      const end = head.indexOf('\r\n\r\n');
      if (end < 0) return;
      status = Number(head.slice(9, 12));
      const total = /\r\ncontent-length: *(\d+)/i.exec(head);
      if (total === null) throw new Error(`an answer without a length:\n${head.slice(0, end)}`);
      remaining = Number(total[1]) - (before + length - end - 4);
    } else {
      remaining -= length;
    }
    if (remaining === 0) finish(status);
    else if (remaining < 0) throw new Error('an answer is longer than it says');
  }

  function finish(outcome: number): void {
    busy = false;
    head = '';
    remaining = -1;
    if (close) caller.end();
    answered(caller, outcome);
  }

  const caller: Caller = {
    dueAt: 0,
    send(request) {
      busy = true;
      socket ??= open();
      socket.write(request);
    },
    end() {
      const ended = socket;
      socket = undefined;
      ended?.destroy();
    },
  };
  return caller;
}
