/**
 * The connections to one target: bounded, the newest used again first (it is
 * the least likely to have been closed at the other end), idle ones closed
 * before the upstream would. Who finds none free waits in a bounded line for
 * whichever is there first, one that is given back or a new one: while a service
 * answers, nobody depends on whether it accepts one more connection.
 */
import { UpstreamConnection } from './upstream.ts';
import type { ConnectionOwner, Target, UpstreamSettings } from './upstream.ts';
import type { UpstreamFault } from './upstream-user.ts';

export interface PoolOptions extends UpstreamSettings {
  readonly target: Target;
  readonly maxConnections: number;
  /** How long an unused connection is kept. */
  readonly keepAliveMs: number;
}

/** Who asks for a connection. */
export interface PoolUser {
  /** `connection` is this user's until it is given back or destroyed. */
  useConnection(connection: UpstreamConnection, reused: boolean): void;
  /** None will come. */
  noConnection(fault: UpstreamFault | 'overloaded', detail: string): void;
}

export interface Pool {
  /** Gives `user` a connection, now or later. `fresh`: one never used before. */
  acquire(user: PoolUser, fresh: boolean): void;
  /** `user` no longer waits. */
  leave(user: PoolUser): void;
  readonly open: number;
  readonly busy: number;
  /** Whether any connection has come to be. */
  readonly connected: boolean;
  /** Called a few times a second with the monotonic time. */
  sweep(now: number): void;
  close(): void;
}

interface Wait {
  /** Monotonic ms. */
  readonly until: number;
  /** Only a new connection will do. */
  readonly fresh: boolean;
}

/**
 * Connections to one target that are being opened at a time: a burst that opened
 * one for each request would overrun the service's listen queue (often 128), and
 * what is dropped there comes again after a whole second.
 */
const MOST_OPENING = 100;

export function createPool(options: PoolOptions): Pool {
  const { now } = options;
  const idle: UpstreamConnection[] = [];
  const all = new Set<UpstreamConnection>();
  const waiting = new Map<PoolUser, Wait>();
  let opening = 0;
  /** When a connection was last given back: the service answers. */
  let lastReplyAt = Number.NEGATIVE_INFINITY;
  let closing = false;

  const owner: ConnectionOwner = {
    connected(connection) {
      opening--;
      const user = nextWaiting();
      if (user === undefined) rest(connection);
      else user.useConnection(connection, false);
      openForWaiting();
    },
    idle(connection) {
      lastReplyAt = now();
      for (const [user, { fresh }] of waiting) {
        if (fresh) continue;
        waiting.delete(user);
        return user.useConnection(connection, true);
      }
      // Its end makes room for a new one.
      if (waiting.size > opening) connection.destroy();
      else rest(connection);
    },
    closed(connection) {
      all.delete(connection);
      const at = idle.indexOf(connection);
      if (at !== -1) idle.splice(at, 1);
      openForWaiting();
    },
    unconnected(connection, fault, detail) {
      opening--;
      all.delete(connection);
      // A service that answers on its other connections meanwhile is busy, not gone: they go on waiting for one of those.
      const isBusy = fault === 'upstream_timeout' && lastReplyAt > connection.openedAt;
      if (!isBusy) nextWaiting()?.noConnection(fault, detail);
      openForWaiting();
    },
  };

  function rest(connection: UpstreamConnection): void {
    if (closing) return connection.destroy();
    connection.idleSince = now();
    idle.push(connection);
  }

  /** Who has waited longest, and waits no more. */
  function nextWaiting(): PoolUser | undefined {
    for (const user of waiting.keys()) {
      waiting.delete(user);
      return user;
    }
    return undefined;
  }

  /** Whichever is there first, a new one or one that is given back, goes to who waits longest. */
  function openForWaiting(): void {
    while (waiting.size > opening && opening < MOST_OPENING && all.size < options.maxConnections) {
      opening++;
      all.add(new UpstreamConnection(options.target, owner, options));
    }
  }

  return {
    get open() {
      return all.size;
    },
    get busy() {
      return all.size - idle.length;
    },
    get connected() {
      return all.size > opening;
    },
    acquire(user, fresh) {
      if (!fresh) {
        let connection = idle.pop();
        // One that ended in this very round has not been told off the list yet.
        while (connection?.socket.destroyed === true) connection = idle.pop();
        if (connection !== undefined) return user.useConnection(connection, true);
      }
      if (waiting.size - opening >= options.maxConnections)
        return user.noConnection('overloaded', 'too many requests wait for a connection');
      waiting.set(user, { until: now() + options.connectMs, fresh });
      openForWaiting();
    },
    leave(user) {
      waiting.delete(user);
    },
    sweep(at) {
      while (idle.length > 0 && at - idle[0]!.idleSince >= options.keepAliveMs) idle.shift()!.destroy();
      for (const connection of all) connection.sweep(at);
      for (const [user, { until }] of waiting) {
        if (at < until) break;
        waiting.delete(user);
        // Without any, it is the service that lets nobody in.
        if (all.size > opening) user.noConnection('overloaded', 'no connection came free in time');
        else user.noConnection('upstream_timeout', 'the connect time limit passed');
      }
    },
    close() {
      closing = true;
      for (const connection of idle.splice(0)) connection.destroy();
    },
  };
}
