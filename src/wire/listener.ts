/**
 * Listens, accepts up to a number of connections, and sweeps them for time
 * limits: one pass over all of them a few times a second instead of timers set
 * and cleared with every request.
 */
import { createServer, type AddressInfo, type Socket } from 'node:net';
import type { World } from '../world.ts';
import type { WireCounters } from './counters.ts';
import { DownstreamConnection } from './downstream.ts';
import type { DownstreamSettings, Serve } from './downstream.ts';
import { createTlsEdge, type StoredCertificate, type TlsSettings } from './tls.ts';

export interface ListenerOptions extends World {
  readonly host: string;
  readonly port: number;
  readonly maxConnections: number;
  readonly settings: DownstreamSettings;
  readonly counters: WireCounters;
  readonly tls: TlsSettings | undefined;
}

export interface Listener {
  /** `host:port` it listens on. */
  readonly address: string;
  readonly port: number;
  /** What is shown to callers now; none without TLS. */
  certificates(): readonly StoredCertificate[];
  /** Stops accepting, lets exchanges under way end, and cuts what is left after `graceMs`. */
  close(graceMs: number): Promise<void>;
}

const SWEEP_MS = 100;
/** For those who answer a goodbye. */
const FAREWELL_MS = 1000;

/** Rejects with the system's error (`EADDRINUSE`, `EACCES`, …) when it cannot listen. */
export async function listen<Peer>(options: ListenerOptions, serve: Serve<Peer>): Promise<Listener> {
  const { clock, counters } = options;
  /** Every one that is open, in its handshake too. */
  const sockets = new Set<Socket>();
  const connections = new Set<DownstreamConnection<Peer>>();
  let draining = false;
  /** Waits for the last connection to close. */
  let whenEmpty: (() => void) | undefined;
  const shared = { settings: options.settings, counters, now: clock.monotonic };

  function count(socket: Socket): void {
    sockets.add(socket);
    counters.connectionsOpen++;
    socket.on('close', () => {
      sockets.delete(socket);
      counters.connectionsOpen--;
      if (sockets.size === 0) whenEmpty?.();
    });
  }

  /** A bug in what is worked out for a new connection costs that connection, and no other. */
  function open(accepted: Socket): DownstreamConnection<Peer> | undefined {
    let connection: DownstreamConnection<Peer>;
    try {
      connection = new DownstreamConnection<Peer>(accepted, serve, shared);
    } catch (error) {
      options.log('error', 'connection_failed', { error: error instanceof Error ? error.stack : String(error) });
      accepted.destroy();
      return undefined;
    }
    connections.add(connection);
    connection.socket.on('close', () => connections.delete(connection));
    // Its handshake ended after the gateway was told to stop.
    if (draining) connection.drain();
    return connection;
  }

  const parts = { ...options, handshakeMs: options.settings.headMs };
  const tls = options.tls && createTlsEdge(options.tls, parts, open);

  const pauseOnConnect = tls === undefined;
  const server = createServer({ noDelay: true, allowHalfOpen: true, pauseOnConnect }, (accepted) => {
    if (sockets.size >= options.maxConnections) {
      counters.connectionsRefused++;
      accepted.resetAndDestroy();
      return;
    }
    counters.connectionsAccepted++;
    if (tls === undefined) {
      const opened = open(accepted);
      if (opened !== undefined) count(opened.socket);
      return;
    }
    count(accepted);
    tls.accept(accepted);
  });

  await new Promise<void>((resolve, reject) => {
    const failed = (error: Error) => {
      tls?.close();
      reject(error);
    };
    server.once('error', failed);
    server.listen({ host: options.host, port: options.port, backlog: 4096 }, () => {
      server.off('error', failed);
      resolve();
    });
  });
  // Out of descriptors and the like: the connection is lost, the listener is not.
  server.on('error', () => counters.connectionsRefused++);

  const stopSweeping = clock.every(SWEEP_MS, () => {
    const now = clock.monotonic();
    for (const connection of connections) connection.sweep(now);
  });

  const { address, family, port } = server.address() as AddressInfo;
  return {
    address: `${family === 'IPv6' ? `[${address}]` : address}:${port}`,
    port,
    certificates: () => tls?.certificates() ?? [],
    async close(graceMs) {
      draining = true;
      tls?.close();
      const closed = Promise.all([
        new Promise<void>((resolve) => server.close(() => resolve())),
        // The server does not count connections that were adopted.
        new Promise<void>((resolve) => (sockets.size === 0 ? resolve() : (whenEmpty = resolve))),
      ]);
      for (const connection of connections) connection.drain();
      // Handshakes that nobody waits for any more, too.
      const destroyAll = (): void => sockets.forEach((socket) => socket.destroy());
      let timer = setTimeout(() => {
        let leaving = false;
        for (const connection of connections) leaving = connection.leave() || leaving;
        if (leaving) timer = setTimeout(destroyAll, FAREWELL_MS);
        else destroyAll();
      }, graceMs);
      await closed;
      clearTimeout(timer);
      stopSweeping();
    },
  };
}
