/**
 * The gateway's end of a connection whose other end the test holds: both are in
 * this process. How much waits in it to be sent decides the moment that some
 * tests need, and no byte on the wire tells it.
 */
import { Socket } from 'node:net';

const PATIENCE_MS = 5000;

/** One round of the event loop: what was readable before it has been read. */
export const oneRound = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Looks again after every round; a wait in vain becomes a failure that says what it waited for. */
export async function until(holds: () => boolean): Promise<void> {
  const giveUpAt = performance.now() + PATIENCE_MS;
  while (!holds()) {
    if (performance.now() > giveUpAt) throw new Error(`waited ${PATIENCE_MS} ms for ${String(holds)}`);
    await oneRound();
  }
}

/** Waits until the gateway has accepted, or made, the connection. */
export async function otherEnd(mine: Socket): Promise<Socket> {
  // The only list of them that Node keeps; its types leave it out.
  const { _getActiveHandles: handles } = process as unknown as { _getActiveHandles(): object[] };
  const isOther = (handle: object): handle is Socket =>
    handle instanceof Socket && handle.remotePort === mine.localPort && handle.localPort === mine.remotePort;
  let other: Socket | undefined;
  await until(() => (other = handles().find(isOther)) !== undefined);
  return other!;
}

export interface Filling {
  /** Who sends, and does not wait for anything. */
  readonly sender: Socket;
  /** The gateway's socket towards the one who does not read. */
  readonly stuck: Socket;
  readonly piece: Buffer;
}

/** Sends piece after piece, each taken before the next is sent, until one waits in the gateway. */
export async function fillUntilStuck({ sender, stuck, piece }: Filling): Promise<void> {
  while (stuck.writableLength === 0) {
    const target = stuck.bytesWritten + piece.length;
    sender.write(piece);
    await until(() => stuck.bytesWritten >= target);
  }
}
