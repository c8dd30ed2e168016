/**
 * The demonstration: two example services, an issuer, and the gateway before
 * them, in one process. Where each listens is read from the configuration, so
 * that the file alone says it. Ctrl-C ends it.
 */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { Server } from 'node:http';
import { formatFault, loadConfig, runGateway, type Running, systemClock } from '../../src/index.ts';
import { calls } from './calls.ts';
import { createIssuer } from './issuer.ts';
import { createService } from './service.ts';

const FILE = 'examples/demo/gatehouse.yaml';

const loaded = loadConfig(FILE, {
  readFile: (path) => readFileSync(path),
  wall: systemClock.wall,
  env: process.env,
});
if (loaded.config === undefined) {
  for (const fault of loaded.faults) console.error(formatFault(fault));
  process.exit(1);
}
const { config } = loaded;

const servers: Server[] = [];
async function listen(server: Server, port: number): Promise<void> {
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  servers.push(server);
}

async function start(): Promise<Running> {
  const issuer = config.issuers[0]!;
  await listen(
    await createIssuer({ issuer: issuer.issuer, audience: issuer.audiences[0]! }),
    Number(new URL(issuer.issuer).port),
  );
  const lines: string[] = [];
  for (const { name, targets } of config.upstreams) {
    for (const { host, port } of targets) {
      // eslint-disable-next-line no-await-in-loop -- the first port that is taken is the one to name
      await listen(createService(name), port);
      lines.push(`${name.padEnd(9)} http://${host}:${port}`);
    }
  }
  const gateway = await runGateway(config, {
    clock: systemClock,
    log: (level, event, fields) => {
      if (level === 'warn' || level === 'error') console.error(JSON.stringify({ level, event, ...fields }));
    },
  });
  const addresses = {
    gateway: `http://${gateway.address}`,
    admin: `http://127.0.0.1:${gateway.adminPort}`,
    issuer: issuer.issuer,
  };
  console.log(`
gateway   ${addresses.gateway}  as ${FILE} says
admin     ${addresses.admin}  /metrics /healthz /readyz
issuer    ${addresses.issuer}  /.well-known/jwks.json /token /token/expired
${lines.join('\n')}

Paste these into another terminal. Here one line of JSON appears for each request.
`);
  for (const { shows, command } of calls(addresses)) console.log(`# ${shows}\n${command}\n`);
  return gateway;
}

async function stop(gateway: Running): Promise<void> {
  await gateway.close(1000);
  for (const server of servers) {
    server.close();
    server.closeAllConnections();
  }
}

const { promise: stopped, resolve: stopNow } = Promise.withResolvers<NodeJS.Signals>();
// Not `once`: npm hands on the Ctrl-C that the terminal sent to both, and the second must not kill what is closing.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, stopNow);

try {
  const gateway = await start();
  await stopped;
  await stop(gateway);
  process.exit(0);
} catch (error) {
  const { code, address, port } = error as NodeJS.ErrnoException & { address?: string; port?: number };
  if (code !== 'EADDRINUSE') throw error;
  console.error(`${address}:${port} is taken by another process; stop it, or see the ports in ${FILE}`);
  process.exit(1);
}
