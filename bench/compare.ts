/**
 * What does a guarded request cost, beside its rivals? One authenticated GET,
 * one core for each proxy, the rivals in turn and several rounds of it, so that
 * a noisy machine is noisy to all alike. CPU time per request is what counts.
 *
 *   npm run bench -- [--rounds 5] [--seconds 4] [--connections 32]
 */
import { createPublicKey } from 'node:crypto';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { spawnSync } from 'node:child_process';
import { parseArgs } from 'node:util';
import { startIssuer } from '../test/support/issuer.ts';
import { cpuSeconds, median, missingTools, residentMb, startOn, wrk, type Measured } from './process.ts';
import { gatehouse, haproxy, nginxProxy, nginxUpstream } from './rivals.ts';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '4' },
    connections: { type: 'string', default: '32' },
  },
});
const rounds = Number(values.rounds);
const seconds = Number(values.seconds);
const connections = Number(values.connections);

const missing = missingTools({ taskset: 'util-linux', wrk: 'wrk', nginx: 'nginx-light', haproxy: 'haproxy' });
if (missing !== undefined) {
  console.error(missing);
  process.exit(1);
}

const PROXY_CORE = 0;
const LOAD_CORE = 1;
const PORTS = { upstream: 28_000, nginx: 28_001, haproxy: 28_002, gatehouse: 28_003 };
const folder = mkdtempSync(join(tmpdir(), 'gatehouse-bench-'));
const file = (name: string, text: string): string => {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
};

const issuer = await startIssuer({ algorithms: ['RS256'], audience: 'orders-api' });
const publicKeyFile = file(
  'key.pem',
  createPublicKey(issuer.key('RS256').privateKey).export({ type: 'spki', format: 'pem' }).toString(),
);
const policy = { issuer: issuer.issuer, audience: 'orders-api', jwksUri: issuer.jwksUri, publicKeyFile };
const token = await issuer.mint({ sub: 'user-1', tenant_id: 'tenant-1', exp: Math.floor(Date.now() / 1000) + 86_400 });

const started: Measured[] = [];
async function start(
  core: number,
  name: string,
  port: number,
  command: readonly [string, ...string[]],
): Promise<Measured> {
  const measured = await startOn(core, command, { port, outputFile: join(folder, `${name}.log`) });
  started.push(measured);
  return measured;
}

interface Rival {
  readonly name: string;
  readonly port: number;
  readonly process: Measured;
  readonly cpuUs: number[];
  readonly perSecond: number[];
}

try {
  await start(LOAD_CORE, 'upstream', PORTS.upstream, [
    'nginx',
    '-c',
    file('upstream.conf', nginxUpstream(folder, PORTS.upstream)),
  ]);
  const commands: readonly [name: string, port: number, command: [string, ...string[]]][] = [
    [
      'nginx, bare proxy',
      PORTS.nginx,
      ['nginx', '-c', file('proxy.conf', nginxProxy(folder, PORTS.nginx, PORTS.upstream))],
    ],
    [
      'HAProxy, JWT + limit + headers + log',
      PORTS.haproxy,
      ['haproxy', '-f', file('haproxy.cfg', haproxy(PORTS.haproxy, PORTS.upstream, policy))],
    ],
    [
      'Gatehouse, JWT + limit + headers + log',
      PORTS.gatehouse,
      [
        process.execPath,
        'bin/gatehouse.js',
        'run',
        file('gatehouse.yaml', gatehouse(folder, PORTS.gatehouse, PORTS.upstream, policy)),
      ],
    ],
  ];
  const rivals: Rival[] = [];
  for (const [name, port, command] of commands) {
    rivals.push({
      name,
      port,
      process: await start(PROXY_CORE, name.split(',', 1)[0]!, port, command),
      cpuUs: [],
      perSecond: [],
    });
  }

  const headers = [`Authorization: Bearer ${token}`];
  for (const { name, port } of rivals) {
    // Warm-up, and proof that every rival really answers with 200.
    const { errors } = await wrk(LOAD_CORE, `http://127.0.0.1:${port}/api/v1/orders`, {
      seconds: 2,
      connections,
      headers,
    });
    if (errors > 0) throw new Error(`${name} refused ${errors} requests; see ${folder}`);
  }
  for (let round = 0; round < rounds; round++) {
    for (const rival of rivals) {
      const before = cpuSeconds(rival.process.pid);
      const load = await wrk(LOAD_CORE, `http://127.0.0.1:${rival.port}/api/v1/orders`, {
        seconds,
        connections,
        headers,
      });
      rival.cpuUs.push(((cpuSeconds(rival.process.pid) - before) / load.requests) * 1e6);
      rival.perSecond.push(load.perSecond);
    }
  }
  print(rivals);
} finally {
  for (const { stop } of started) stop();
  await issuer.close();
}

/** The first line of what a command says of itself. */
function version(command: string, ...args: string[]): string {
  const { stdout, stderr } = spawnSync(command, args, { encoding: 'utf8' });
  return (stdout + stderr).split('\n', 1)[0]!;
}

function print(rivals: readonly Rival[]): void {
  console.log(
    `Machine: ${cpus()[0]!.model}, ${cpus().length} cores; the proxy on one, wrk and the upstream on another`,
  );
  console.log(`Versions: Node ${process.version}; ${version('nginx', '-v')}; ${version('haproxy', '-v')}`);
  console.log(`Command: npm run bench -- --rounds ${rounds} --seconds ${seconds} --connections ${connections}\n`);
  const haproxyUs = median(rivals[1]!.cpuUs);
  console.log('| proxy | CPU µs per request (median, range) | of HAProxy | requests/s on one core | resident |');
  console.log('|---|---|---|---|---|');
  for (const {
    name,
    process: { pid },
    cpuUs,
    perSecond,
  } of rivals) {
    const middle = median(cpuUs);
    console.log(
      `| ${name} | ${middle.toFixed(1)} (${Math.min(...cpuUs).toFixed(1)} to ${Math.max(...cpuUs).toFixed(1)}) | ${(middle / haproxyUs).toFixed(2)} | ${Math.round(median(perSecond))} | ${residentMb(pid).toFixed(0)} MB |`,
    );
  }
}
