/**
 * Who is compared, and how each is set up for a workload. Every rival but nginx
 * and the open Gatehouse has the same policy: the token's signature, issuer,
 * audience and expiry, a limit by subject, two claims in headers, the token
 * taken off, one line a request. All keep their connections to one upstream.
 */
import { fastify } from './rivals/fastify.ts';
import { gatehouse, gatehouseOpen } from './rivals/gatehouse.ts';
import { haproxy } from './rivals/haproxy.ts';
import { nginx } from './rivals/nginx.ts';
import type { Command } from './process.ts';
import type { Algorithm } from './workloads.ts';

export type RivalKey = 'nginx' | 'haproxy' | 'fastify' | 'gatehouse' | 'gatehouse-open';

export interface Setup {
  readonly folder: string;
  readonly port: number;
  readonly upstreamPort: number;
  readonly issuer: string;
  readonly audience: string;
  readonly jwksUri: string;
  readonly algorithm: Algorithm;
  /** The issuer's public key in PEM. */
  readonly publicKeyFile: string;
  /** PEM files; `both` is the certificate and behind it its key. */
  readonly tls: { readonly cert: string; readonly key: string; readonly both: string } | undefined;
  /** Requests a minute for each subject. */
  readonly quota: number;
  /** What is routed, each with all that is below it. */
  readonly prefixes: readonly string[];
}

export interface Rival {
  readonly title: string;
  /** Files to write into the folder, by name. The first is the configuration. */
  readonly files: (setup: Setup) => Readonly<Record<string, string>>;
  /** `configuration` is the path of the first file. */
  readonly command: (configuration: string) => Command;
  /** Why it cannot do this workload. */
  readonly cannot?: (setup: Setup) => string | undefined;
}

export const RIVALS: Readonly<Record<RivalKey, Rival>> = {
  nginx,
  haproxy,
  fastify,
  gatehouse,
  'gatehouse-open': gatehouseOpen,
};
