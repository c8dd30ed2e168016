/**
 * Lets an accepted connection read into buffers of ours. Node offers that
 * (`onread`) only to sockets it connects itself; one it accepted allocates 64 KiB
 * for every read, which costs about a tenth of a small request and, on a large
 * upload, more memory than everything else together. So the handle moves to a
 * socket that is made with `onread`. Where it cannot, as with TLS, whose handle
 * is tied to its socket, reads allocate as ever.
 */
import { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';

export interface Reads {
  /** Where the next read lands. */
  nextBuffer(): Buffer;
  /** `bytes` is part of the buffer, and ours again once this returns. */
  onRead(bytes: Buffer): void;
}

interface WithHandle {
  _handle: { useUserBuffer?: unknown } | null;
}

/** `accepted` must come from a server with `pauseOnConnect`. */
export function adopt(accepted: Socket, reads: Reads): Socket {
  const holder = accepted as unknown as WithHandle;
  const handle = holder._handle;
  // Nor where a byte was read already, to tell HTTP/1.1 from HTTP/2.
  if (accepted instanceof TLSSocket || accepted.bytesRead > 0 || typeof handle?.useUserBuffer !== 'function') {
    accepted.on('data', (bytes: Buffer) => reads.onRead(bytes));
    accepted.resume();
    return accepted;
  }
  holder._handle = null;
  accepted.destroy();
  // `handle` is how Node itself makes the sockets of a server; its types leave it out.
  const options: object = {
    handle,
    allowHalfOpen: true,
    readable: true,
    writable: true,
    onread: {
      buffer: () => reads.nextBuffer(),
      callback(count: number, buffer: Uint8Array) {
        reads.onRead((buffer as Buffer).subarray(0, count));
        return true;
      },
    },
  };
  return new Socket(options);
}
