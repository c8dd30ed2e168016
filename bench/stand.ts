/**
 * The stand on which rivals are measured: a folder, an issuer with its keys, a
 * certificate and the upstream; and for each workload what is sent and the rivals
 * set up for it. The proxies have one core; the upstream and the load another.
 */
import { createPublicKey } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createCertificate } from '../test/support/certificate.ts';
import { startIssuer, type RunningIssuer } from '../test/support/issuer.ts';
import { probe } from './check-answer.ts';
import { startOn, type Measured } from './process.ts';
import { RIVALS, type RivalKey, type Setup } from './rivals.ts';
import { upstream } from './rivals/nginx.ts';
import { trafficOf, type Traffic } from './traffic.ts';
import { type Algorithm, type Workload } from './workloads.ts';
import { writeScript, type ClosedOptions } from './wrk.ts';

const PROXY_CORE = 0;
export const LOAD_CORE = 1;
export const PORTS = { upstream: 28_000, upstreamTls: 28_001 };
/** Below those that the system gives to callers. */
const RIVAL_PORT: Readonly<Record<RivalKey, number>> = {
  nginx: 28_010,
  haproxy: 28_011,
  fastify: 28_012,
  gatehouse: 28_013,
  'gatehouse-open': 28_014,
};

const ALGORITHMS: readonly Algorithm[] = ['RS256', 'ES256', 'EdDSA'];
const NEVER_REACHED = 100_000_000;

export interface Started {
  readonly key: RivalKey;
  readonly process: Measured;
  readonly load: Omit<ClosedOptions, 'seconds' | 'offset'>;
}

export interface StartMore {
  readonly nodeArgs?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

export interface Prepared {
  readonly traffic: Traffic;
  /** Why `key` cannot take part. */
  readonly absent: (key: RivalKey) => string | undefined;
  /** Resolves when it has given the answer that it is to give. */
  readonly start: (key: RivalKey, more?: StartMore) => Promise<Started>;
}

export interface Stand {
  readonly folder: string;
  /** Configurations as they were written, by name; of the plain workload. */
  readonly configurations: Map<string, string>;
  readonly prepare: (workload: Workload) => Promise<Prepared>;
  readonly close: () => Promise<void>;
}

export async function createStand(connections: number): Promise<Stand> {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-bench-'));
  process.on('exit', () => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));
  const file = (name: string, text: string): string => {
    const path = join(folder, name);
    writeFileSync(path, text);
    return path;
  };
  const issuer = await startIssuer({ algorithms: ALGORITHMS });
  const own = createCertificate({ name: '127.0.0.1' });
  const tls = {
    cert: file('cert.pem', own.cert),
    key: file('key.pem', own.key),
    both: file('both.pem', own.cert + own.key),
  };
  writeReplies(folder);
  const configurations = new Map<string, string>();
  const upstreamText = upstream({ folder, port: PORTS.upstream, tlsPort: PORTS.upstreamTls, ...tls });
  configurations.set('upstream.conf', upstreamText);
  const command = ['nginx', '-c', file('upstream.conf', upstreamText)] as const;
  const service = await startOn(LOAD_CORE, command, { port: PORTS.upstream, outputFile: join(folder, 'upstream.log') });

  async function prepare(workload: Workload): Promise<Prepared> {
    const traffic = await trafficOf(workload, issuer);
    const setupOf = (rival: RivalKey): Setup => ({
      folder,
      port: RIVAL_PORT[rival],
      upstreamPort: PORTS.upstream,
      issuer: issuer.issuer,
      audience: issuer.audience,
      jwksUri: issuer.jwksUri,
      algorithm: workload.algorithm,
      publicKeyFile: file(`${workload.algorithm}.pem`, publicKey(issuer, workload.algorithm)),
      tls: workload.tls ? tls : undefined,
      quota: workload.status === 429 ? 1 : NEVER_REACHED,
      prefixes: workload.paths.length > 1 ? workload.paths.map((path) => path.replace(/\/things.*/, '')) : ['/api/v1'],
    });

    async function start(key: RivalKey, { nodeArgs = [], env = {} }: StartMore = {}): Promise<Started> {
      const setup = setupOf(key);
      const files = Object.entries(RIVALS[key].files(setup));
      for (const [name, text] of files) {
        file(name, text);
        if (workload.key === 'small') configurations.set(name, text);
      }
      const [program, ...args] = RIVALS[key].command(join(folder, files[0]![0]));
      const { port } = setup;
      const outputFile = join(folder, `${key}.log`);
      const started = await startOn(PROXY_CORE, [program, ...nodeArgs, ...args], { port, outputFile, env });
      const { tls: secure, status } = workload;
      await probe({ port, tls: secure, traffic, status });
      const script = writeScript(folder, traffic, port);
      return { key, process: started, load: { core: LOAD_CORE, port, tls: secure, connections, status, script } };
    }
    return { traffic, absent: (key) => RIVALS[key].cannot?.(setupOf(key)), start };
  }

  async function close(): Promise<void> {
    await service.stop();
    await issuer.close();
  }
  return { folder, configurations, prepare, close };
}

function publicKey(issuer: RunningIssuer, algorithm: Algorithm): string {
  return createPublicKey(issuer.key(algorithm).privateKey).export({ type: 'spki', format: 'pem' }).toString();
}

/** The larger replies of the upstream, as files. */
function writeReplies(folder: string): void {
  const replies = join(folder, 'www/api/v1');
  mkdirSync(replies, { recursive: true });
  for (const [name, bytes] of [
    ['16k', 16_384],
    ['1m', 1_048_576],
  ] as const) {
    writeFileSync(join(replies, `${name}.json`), JSON.stringify({ padding: 'x'.repeat(bytes - 14) }));
  }
  writeFileSync(join(replies, 'upload'), '');
}
