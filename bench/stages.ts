/**
 * Where does the time of a request go, apart from the sockets? CPU time of each
 * stage by itself, of a look-up among 10 and among 10,000 routes, and the memory
 * that a million callers take in a limit.
 *
 *   npm run bench:stages
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { configOf } from '../test/support/configuration.ts';
import { startIssuer } from '../test/support/issuer.ts';
import { replyLines } from '../src/reply-fields.ts';
import { admit } from '../src/gateway.ts';
import { createSlidingWindow } from '../src/limit/sliding-window.ts';
import { createMetrics } from '../src/log/metrics.ts';
import { Passage } from '../src/passage.ts';
import { createPlan } from '../src/plan.ts';
import { createRecord } from '../src/record.ts';
import { normalizePath } from '../src/route/path.ts';
import { createRouteTable } from '../src/route/table.ts';
import { Refusal } from '../src/refusal.ts';
import type { Exchange } from '../src/wire/exchange.ts';
import type { Link } from '../src/passage.ts';
import { keptFields } from '../src/wire/fields.ts';
import { readReplyHead } from '../src/wire/reply-head.ts';
import { readRequestHead } from '../src/wire/request-head.ts';
import { systemClock } from '../src/world.ts';
import { guarded } from './rivals/gatehouse.ts';

const WARM_UP = 30_000;
const CALLS = 100_000;
const ROUNDS = 5;

/** Microseconds of CPU a call, the best of some rounds: whatever else the machine did only adds. */
function cost(call: (turn: number) => unknown): number {
  for (let turn = 0; turn < WARM_UP; turn++) call(turn);
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < ROUNDS; round++) {
    const before = process.cpuUsage();
    for (let turn = 0; turn < CALLS; turn++) call(turn);
    const { user, system } = process.cpuUsage(before);
    best = Math.min(best, (user + system) / CALLS);
  }
  return best;
}

const row = (what: string, figure: string) => console.log(`| ${what} | ${figure} |`);
const us = (what: string, call: (turn: number) => unknown) => row(what, `${cost(call).toFixed(2)} µs`);

const issuer = await startIssuer();
const { config } = configOf(
  guarded({
    folder: '.',
    port: 0,
    upstreamPort: 7001,
    issuer: issuer.issuer,
    jwksUri: issuer.jwksUri,
    audience: 'orders-api',
    algorithm: 'RS256',
    publicKeyFile: '',
    tls: undefined,
    quota: 100_000_000,
    prefixes: ['/api/v1'],
  }),
);
const plan = createPlan(config, { clock: systemClock, log: () => {}, metrics: createMetrics() });
plan.start();
const token = await issuer.mint({ aud: 'orders-api', sub: 'user-1', tenant_id: 'tenant-1' });
const requestBytes = Buffer.from(
  `GET /api/v1/orders?page=2 HTTP/1.1\r\nHost: api.example.com\r\nAuthorization: Bearer ${token}\r\n` +
    'User-Agent: Mozilla/5.0 (X11; Linux x86_64)\r\nAccept: application/json\r\nAccept-Encoding: gzip, br\r\nCookie: theme=dark\r\n',
);
const replyBytes = Buffer.from(
  'HTTP/1.1 200 OK\r\nServer: orders\r\nDate: Tue, 24 Nov 2026 12:00:00 GMT\r\nContent-Type: application/json\r\nContent-Length: 94\r\nConnection: keep-alive\r\n',
);
const limits = { requestLineBytes: 8192, headFields: 100 };

const head = readRequestHead(requestBytes, requestBytes.length, limits);
const reply = readReplyHead(replyBytes, 'GET', 100);
if (head instanceof Refusal || typeof reply === 'string') throw new Error('the sample is refused');
const peer = plan.openPeer('127.0.0.1', 'http', undefined);
const passage = new Passage(head, plan.originOf(head, peer));
// The first waits for the keys and the signature; from then on the token is known.
for (let known = false; !known;) {
  const decision = await admit(plan, passage);
  if (decision instanceof Refusal) throw new Error(decision.code);
  known = !(admit(plan, passage) instanceof Promise);
}
const route = passage.route!;
let written = 0;
const record = createRecord(plan, (line) => void (written += line.length));
const exchange = { startedAt: 0, bytesIn: 0, bytesOut: 94 } as Exchange<Link>;

console.log(`Node ${process.version}\n\n| stage | CPU |\n|---|---|`);
us('read the head of a request', () => readRequestHead(requestBytes, requestBytes.length, limits));
us('address, request id, trace', () => new Passage(head, plan.originOf(head, peer)));
us('admit: route, token known, scopes, limit', () => admit(plan, passage));
us('write the head for the service', () => route.writeHead(head, passage, route.inject(passage)).length);
us('read the head of the reply', () => readReplyHead(replyBytes, 'GET', 100));
us(
  'fields of the reply',
  () => keptFields(reply.text, reply.section, reply.nominated, route.dropFromReply) + replyLines(passage, route),
);
us('access line and metrics', () => record(exchange, passage, { status: 200, forwarding: { upstreamMs: 1 } }));

for (const count of [10, 10_000]) {
  const patterns = Array.from({ length: count }, (_, at) => ({
    hosts: [],
    methods: ['GET'],
    path: `/service-${at}/v1/*`,
    value: at,
  }));
  const table = createRouteTable(patterns);
  const paths = patterns.map(({ value }) => `/service-${value}/v1/things/7`);
  us(`path and route among ${count} routes`, (turn) =>
    table.find('a.test', 'GET', normalizePath(paths[turn % count]!)!),
  );
}

/** Bytes in use on and off the heap, garbage collected first. */
function bytesInUse(): number {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

const MILLION = 1_000_000;
const before = bytesInUse();
const window = createSlidingWindow({ windowMs: 60_000, subWindows: 10, maxCallers: MILLION });
for (let caller = 0; caller < MILLION; caller++) {
  window.count(window.slotOf(`a10.${caller >> 16}.${(caller >> 8) & 255}.${caller & 255}`, 1000), 100);
}
const each = Math.round((bytesInUse() - before) / MILLION);
row(`memory of ${window.size().toLocaleString('en')} callers in a limit`, `${each} bytes each, key included`);

plan.close();
await issuer.close();
process.exit(written > 0 ? 0 : 1);
