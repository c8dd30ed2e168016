/**
 * The connections to one target: bounded, the newest used again first (it is
 * the least likely to have been closed at the other end), idle ones closed
 * before the upstream would. Who finds none free waits in a bounded line.
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

export function createPool(options: PoolOptions): Pool {
  const { now } = options;
  const idle: UpstreamConnection[] = [];
  const all = new Set<UpstreamConnection>();
  const waiting = new Map<PoolUser, Wait>();
  let closing = false;

  const owner: ConnectionOwner = {
    idle(connection) {
      if (closing) return connection.destroy();
      for (const [user, { fresh }] of waiting) {
        // Its end makes room for a new one.
        if (fresh) return connection.destroy();
        waiting.delete(user);
        return user.useConnection(connection, true);
      }
      connection.idleSince = now();
      idle.push(connection);
    },
    closed(connection) {
      all.delete(connection);
      const at = idle.indexOf(connection);
      if (at !== -1) idle.splice(at, 1);
      for (const user of waiting.keys()) {
        waiting.delete(user);
        return user.useConnection(open(), false);
      }
    },
  };

  function open(): UpstreamConnection {
    const connection = new UpstreamConnection(options.target, owner, options);
    all.add(connection);
    return connection;
  }

  return {
    get open() {
      return all.size;
    },
    get busy() {
      return all.size - idle.length;
    },
    acquire(user, fresh) {
      if (!fresh) {
        let connection = idle.pop();
        // One that ended in this very round has not been told off the list yet.
        while (connection?.socket.destroyed === true) connection = idle.pop();
        if (connection !== undefined) return user.useConnection(connection, true);
      }
      if (all.size < options.maxConnections) return user.useConnection(open(), false);
      if (waiting.size >= options.maxConnections)
        return user.noConnection('overloaded', 'too many requests wait for a connection');
      waiting.set(user, { until: now() + options.connectMs, fresh });
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
        user.noConnection('overloaded', 'no connection came free in time');
      }
    },
    close() {
      closing = true;
      for (const connection of idle.splice(0)) connection.destroy();
    },
  };
}
