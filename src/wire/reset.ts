/**
 * Ends a connection so that nobody takes what came over it for whole. Over TCP
 * that is a reset. A TLS socket cannot be reset through Node, and need not be:
 * without `close_notify` the end of it is no end (RFC 9112 §9.8).
 */
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';

export function reset(socket: Socket): void {
  if (socket instanceof TLSSocket) socket.destroy();
  else socket.resetAndDestroy();
}
