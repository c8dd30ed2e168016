/**
 * One active check of a target: a GET of its own, on a connection of its own,
 * over TLS where the target has it. What a check finds must not depend on the
 * connections that requests use, nor take one from them.
 */
import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import type { ConnectionOptions } from 'node:tls';
import type { Target } from './upstream.ts';

export interface HealthProbeOptions {
  readonly target: Target;
  /** What the target is called in `Host`. */
  readonly host: string;
  readonly path: string;
  /** Statuses that are good, from the first to the last. */
  readonly statuses: readonly [first: number, last: number];
  readonly tls: (() => ConnectionOptions) | undefined;
}

/** `done` hears what is wrong, once, or `undefined`; nothing, if the returned function is called before. */
export function probeHealth(options: HealthProbeOptions, done: (fault: string | undefined) => void): () => void {
  const { target, host, path, statuses, tls } = options;
  const common = {
    host: target.host,
    port: target.port,
    path,
    agent: false,
    headers: { Host: host, 'User-Agent': 'gatehouse', Connection: 'close' },
  };
  const request = tls === undefined ? requestHttp(common) : requestHttps({ ...common, ...tls() });
  request.on('response', (response) => {
    const status = response.statusCode ?? 0;
    done(status >= statuses[0] && status <= statuses[1] ? undefined : `status ${status}`);
    // Its body may have no end.
    request.destroy();
  });
  request.on('error', (error: NodeJS.ErrnoException) => done(error.code ?? error.message));
  request.end();
  return () => {
    request.destroy();
  };
}
