/**
 * Listens, accepts up to a number of connections, and sweeps them for time
 * limits: one pass over all of them a few times a second instead of timers set
 * and cleared with every request.
 */
import { createServer, type AddressInfo, type Socket } from 'node:net';
import type { World } from '../world.ts';
import type { WireCounters } from './counters.ts';
import { createConnectionCount, type ConnectionLimits, type ConnectionRefusal } from './connection-limits.ts';
import { DownstreamConnection } from './downstream.ts';
import type { DownstreamSettings, Serve } from './serve.ts';
import { UndecidedConnection } from './http2-preface.ts';
import { Http2Connection, type Http2Settings } from './http2-session.ts';
import type { StoredCertificate } from './renewal.ts';
import { createTlsEdge, type TlsEdge, type TlsSettings } from './tls.ts';

export interface ListenerOptions extends World, ConnectionLimits {
  readonly host: string;
  readonly port: number;
  readonly settings: DownstreamSettings;
  readonly counters: WireCounters;
  readonly tls: TlsSettings | undefined;
  readonly http2: ListenerHttp2;
}

export interface ListenerHttp2 extends Http2Settings {
  /** Offered in the handshake. */
  readonly tls: boolean;
  /** Taken without TLS from who begins with it. */
  readonly cleartext: boolean;
}

/** One from a caller, whatever it speaks. */
interface Connection {
  readonly socket: Socket;
  /** Closes what has waited too long. `now` is monotonic. */
  sweep(now: number): void;
  /** Whether a request is under way on it. */
  readonly busy: boolean;
  /** Tells the caller with the next answer that it is the last. */
  drain(): void;
  cut(): void;
  /** The time to end of itself is over. True: it has said goodbye, and a moment more would be well spent. Absent: it is cut. */
  leave?(): boolean;
}

export interface Listener {
  /** `host:port` it listens on. */
  readonly address: string;
  readonly port: number;
  /** What is shown to callers now; none without TLS. */
  certificates(): readonly StoredCertificate[];
  /** For connections that come from now on. Throws where OpenSSL finds fault, and then nothing has changed. */
  use(renewed: Pick<ListenerOptions, 'settings' | 'tls'>): void;
  /** Goes on accepting and serving, and sends every caller elsewhere with its next answer. */
  drain(): void;
  /** Stops accepting, lets exchanges under way end, and cuts what is left after `graceMs`. */
  close(graceMs: number): Promise<void>;
}

const SWEEP_MS = 100;
const TELL_MS = 60_000;
const REFUSED = {
  over_limit: 'connectionsRefused',
  over_address_limit: 'connectionsRefusedByAddress',
  out_of_memory: 'connectionsShed',
} as const;
/** For those who answer a goodbye. */
const FAREWELL_MS = 1000;

/** Rejects with the system's error (`EADDRINUSE`, `EACCES`, …) when it cannot listen. */
export async function listen<Peer>(options: ListenerOptions, serve: Serve<Peer>): Promise<Listener> {
  const { clock, counters } = options;
  /** Every one that is open, in its handshake too. */
  const sockets = new Set<Socket>();
  const connections = new Set<Connection>();
  let draining = false;
  /** Waits for the last connection to close. */
  let whenEmpty: (() => void) | undefined;
  const { http2 } = options;
  let shared = { settings: options.settings, http2, counters, now: clock.monotonic };

  function count(socket: Socket, leave: () => void): void {
    sockets.add(socket);
    counters.connectionsOpen++;
    socket.on('close', () => {
      sockets.delete(socket);
      counters.connectionsOpen--;
      leave();
      if (sockets.size === 0) whenEmpty?.();
    });
  }

  /** Handshakes that nobody waits for any more, too. */
  function destroyAll(): void {
    for (const socket of sockets) socket.destroy();
  }

  /** A bug in what is worked out for a new connection costs that connection, and no other. */
  function open(accepted: Socket, make: () => Connection): Connection | undefined {
    let connection: Connection;
    try {
      connection = make();
    } catch (error) {
      options.log('error', 'connection_failed', { error: error instanceof Error ? error.stack : String(error) });
      accepted.destroy();
      return undefined;
    }
    connections.add(connection);
    connection.socket.on('close', () => connections.delete(connection));
    // Opened, or its handshake ended, after the gateway was told to stop.
    if (draining) connection.drain();
    return connection;
  }

  function drain(): void {
    if (draining) return;
    draining = true;
    for (const connection of connections) connection.drain();
  }

  let refused = 0;
  let toldAt = Number.NEGATIVE_INFINITY;
  /** Once a minute is enough for whoever reads it, and no flood of lines for whoever floods. */
  function tellRefused(reason: ConnectionRefusal): void {
    refused++;
    const now = clock.monotonic();
    if (now - toldAt < TELL_MS) return;
    options.log('warn', 'connections_refused', { reason, count: refused });
    toldAt = now;
    refused = 0;
  }

  const openHttp1 = (socket: Socket) => open(socket, () => new DownstreamConnection<Peer>(socket, serve, shared));
  const openHttp2 = (socket: Socket) => open(socket, () => new Http2Connection<Peer>(socket, serve, shared));

  function openEither(socket: Socket): Connection | undefined {
    const undecided: Connection | undefined = open(
      socket,
      () =>
        new UndecidedConnection(socket, shared, (isHttp2) => {
          connections.delete(undecided!);
          (isHttp2 ? openHttp2 : openHttp1)(socket);
        }),
    );
    return undecided;
  }

  function createEdge({ settings, tls: wanted }: Pick<ListenerOptions, 'settings' | 'tls'>): TlsEdge | undefined {
    const parts = { ...options, handshakeMs: settings.headMs, offersHttp2: http2.tls };
    return (
      wanted &&
      createTlsEdge(wanted, parts, (socket) => void (socket.alpnProtocol === 'h2' ? openHttp2 : openHttp1)(socket))
    );
  }

  let tls = createEdge(options);
  const openPlain = http2.cleartext ? openEither : openHttp1;

  const connectionCount = createConnectionCount(options);
  const pauseOnConnect = tls === undefined;
  const server = createServer({ noDelay: true, allowHalfOpen: true, pauseOnConnect }, (accepted) => {
    const leave = connectionCount.enter(accepted.remoteAddress ?? '');
    if (typeof leave === 'string') {
      counters[REFUSED[leave]]++;
      tellRefused(leave);
      accepted.resetAndDestroy();
      return;
    }
    counters.connectionsAccepted++;
    if (tls === undefined) {
      const opened = openPlain(accepted);
      if (opened === undefined) leave();
      else count(opened.socket, leave);
      return;
    }
    count(accepted, leave);
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
    use({ settings, tls: wanted }) {
      const edge = createEdge({ settings, tls: wanted });
      tls?.close();
      tls = edge;
      shared = { ...shared, settings };
    },
    drain,
    async close(graceMs) {
      tls?.close();
      const closed = Promise.all([
        new Promise<void>((resolve) => server.close(() => resolve())),
        // The server does not count connections that were adopted.
        new Promise<void>((resolve) => (sockets.size === 0 ? resolve() : (whenEmpty = resolve))),
      ]);
      drain();
      let timer = setTimeout(() => {
        let leaving = false;
        for (const connection of connections) {
          if (connection.busy) counters.drainsCut++;
          if (connection.leave === undefined) connection.cut();
          else leaving = connection.leave() || leaving;
        }
        if (leaving) timer = setTimeout(destroyAll, FAREWELL_MS);
        else destroyAll();
      }, graceMs);
      await closed;
      clearTimeout(timer);
      stopSweeping();
    },
  };
}
