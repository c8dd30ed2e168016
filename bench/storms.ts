/**
 * Does the gateway stand callers who mean it no good, and is it the same
 * afterwards? Each storm runs against one gateway process while a witness goes
 * on calling; shown are the witness's p99 before, while another gateway of the
 * same machine has the storm, and in the storm: what the second costs is the
 * machine's doing, and only what the third adds is the gateway's. Beside it what
 * became of the storm's connections, and resident memory before, at its highest, and
 * when the storm is over.
 *
 *   npm run bench:storms -- [--only slow heads,resets] [--connections 5000]
 */
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { frame, headersFrame, PREFACE, resetFrame, SETTINGS } from '../test/support/http2-frames.ts';
import { startGatewayProcess } from '../test/support/process.ts';
import { startService, startWitness } from './bystanders.ts';

const { values } = parseArgs({
  options: { only: { type: 'string' }, connections: { type: 'string', default: '5000' } },
});
const only = values.only?.split(',');
const count = Number(values.connections);

const MIB = 1_048_576;
const MOST_CONNECTIONS = 10_000;
const SETTLING_MS = 2000;
const BATCH_PAUSE_MS = 25;

const service = await startService();
const YAML = `
log: { access: off }
http2: { cleartext: true }
limits: { connections: ${MOST_CONNECTIONS}, connections_per_address: ${MOST_CONNECTIONS} }
timeouts: { head: 3s, body: 3s, idle: 5s }
upstreams: { service: { targets: ["http://127.0.0.1:${service.port}"], max_connections: 10000 } }
routes: [{ path: /*, kind: operations, upstream: service, auth: none }]
`;
const gateway = await startGatewayProcess(YAML);
/** Has every storm first, while the witness calls the other. */
const decoy = await startGatewayProcess(YAML);
let stormed = decoy;
/** Opens `wanted` connections, a few hundred at a time, and has `begin` do something with each. */
async function flood(wanted: number, begin: (socket: Socket, at: number) => void): Promise<Socket[]> {
  const sockets: Socket[] = [];
  for (let at = 0; at < wanted; at += 250) {
    const batch = Array.from({ length: Math.min(250, wanted - at) }, (_, offset) => {
      const socket = connect({ port: stormed.port, host: '127.0.0.1', allowHalfOpen: true });
      sockets.push(socket);
      socket.on('error', () => {});
      return new Promise<void>((resolve) => {
        socket.once('close', resolve);
        socket.once('connect', () => {
          begin(socket, at + offset);
          resolve();
        });
      });
    });
    await Promise.all(batch);
    // Enough for a storm, and short of what would starve the witness of this machine's two cores.
    await sleep(BATCH_PAUSE_MS);
  }
  return sockets;
}

/** Resolves when the gateway has closed every one of them. */
async function closed(sockets: readonly Socket[]): Promise<void> {
  for (const socket of sockets) socket.resume();
  while (sockets.some((socket) => !socket.destroyed && !socket.readableEnded)) await sleep(50);
  for (const socket of sockets) socket.destroy();
}

const HEAD = 'GET / HTTP/1.1\r\nHost: a\r\n';

const RAPID_RESET = Buffer.concat([
  PREFACE,
  frame(SETTINGS, 0, 0),
  ...Array.from({ length: 10_000 }, (_, at) => [headersFrame(1 + 2 * at), resetFrame(1 + 2 * at)]).flat(),
]);

/** Each ends when none of its connections is left. */
const STORMS: Readonly<Record<string, () => Promise<void>>> = {
  'slow heads': async () => {
    const sockets = await flood(count, (socket) => socket.write(HEAD));
    const dripping = setInterval(() => sockets.forEach((socket) => socket.writable && socket.write('X')), 1000);
    await closed(sockets);
    clearInterval(dripping);
  },
  'slow bodies': async () => {
    const head = 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\nbegun';
    await closed(await flood(count, (socket) => socket.write(head)));
  },
  'slow readers': async () => {
    const sockets = await flood(Math.min(count, 300), (socket) => {
      socket.pause();
      socket.write('GET /large HTTP/1.1\r\nHost: a\r\n\r\n');
    });
    await sleep(6000);
    await closed(sockets);
  },
  'idle connections': async () => closed(await flood(Math.min(count * 2, MOST_CONNECTIONS - 100), () => {})),
  'more connections than there may be': async () => closed(await flood(MOST_CONNECTIONS + 2000, () => {})),
  'half-closed connections': async () =>
    closed(await flood(count, (socket, at) => socket.end(at % 2 === 0 ? `${HEAD}\r\n` : HEAD))),
  'resets at any time': async () => {
    for (let round = 0; round < 4; round++) {
      const sockets = await flood(count, (socket, at) => {
        socket.write(at % 3 === 0 ? 'GET /large HTTP/1.1\r\nHost: a\r\n\r\n' : HEAD);
        setTimeout(() => socket.resetAndDestroy(), at % 50);
      });
      while (sockets.some(({ destroyed }) => !destroyed)) await sleep(10);
    }
  },
  'heads that are none': async () => {
    for (let round = 0; round < 4; round++)
      await closed(await flood(count, (socket) => socket.write('\0'.repeat(100))));
  },
  'ten thousand HTTP/2 streams reset as they are begun': async () => {
    for (let round = 0; round < 50; round++) {
      await closed(await flood(1, (socket) => socket.write(RAPID_RESET)));
      await sleep(100);
    }
  },
  'pipelines that nobody reads': async () => {
    const sockets = await flood(Math.min(count, 500), (socket) => {
      socket.pause();
      socket.write(`${HEAD}\r\n`.repeat(2000));
    });
    await sleep(6000);
    await closed(sockets);
  },
};

const p99 = (times: readonly number[]) =>
  times.toSorted((a, b) => a - b)[Math.floor(times.length * 0.99)] ?? Number.NaN;

async function metric(name: string): Promise<number> {
  const text = await fetch(`http://127.0.0.1:${stormed.adminPort}/metrics`).then((reply) => reply.text());
  return [...text.matchAll(new RegExp(`^${name}(?:\\{[^}]*\\})? (\\S+)$`, 'gm'))].reduce(
    (sum, [, value]) => sum + Number(value),
    0,
  );
}

// What only the first requests need is not the storm's: code is compiled, pools are opened.
const warmUp = startWitness(gateway.port);
for (stormed of [decoy, gateway]) {
  for (let round = 0; round < 3; round++) await closed(await flood(1000, (socket) => socket.end(`${HEAD}\r\n`)));
}
await warmUp();

console.log(
  '| storm | p99 before, while another gateway has it, in it (ms) | connections cut | resident before, at most, after (MiB) |',
);
console.log('|---|---|---|---|');
// The first pass takes what the heap needs once; whether storms leave anything behind shows in the second.
for (const pass of [1, 2]) {
  for (const [name, storm] of Object.entries(STORMS)) {
    if (only === undefined || only.includes(name)) await run(`${name} ${pass}`, storm);
  }
}

async function run(name: string, storm: () => Promise<void>): Promise<void> {
  const quiet = startWitness(gateway.port);
  await sleep(2000);
  const quietP99 = p99(await quiet());
  stormed = decoy;
  const beside = startWitness(gateway.port);
  await storm();
  const besideP99 = p99(await beside());
  await calm();
  stormed = gateway;
  const before = await gateway.residentBytes();
  const cutBefore = await cuts();
  let most = before;
  const look = async (): Promise<void> => {
    most = Math.max(most, await gateway.residentBytes());
  };
  const watching = setInterval(() => void look(), 250);
  const busy = startWitness(gateway.port);
  await storm();
  const busyP99 = p99(await busy());
  clearInterval(watching);
  await calm();
  const after = await gateway.residentBytes();
  const cut = (await cuts()) - cutBefore;
  const mib = [before, most, after].map((bytes) => (bytes / MIB).toFixed(0)).join(', ');
  const times = [quietP99, besideP99, busyP99].map((ms) => ms.toFixed(2)).join(', ');
  console.log(`| ${name} | ${times} | ${cut} | ${mib} |`);
}

async function calm(): Promise<void> {
  while ((await metric('gatehouse_connections_open')) > 0) await sleep(100);
  await sleep(SETTLING_MS);
}

function cuts(): Promise<number> {
  return metric('gatehouse_connections_cut_total');
}

await Promise.all([gateway.stop(), decoy.stop()]);
await service.stop();
