/**
 * What can one hostile request cost at most? Each of the tests' own attacks is
 * sent alone, some times over, to a gateway on a thread of its own. Shown for each
 * family are the worst: CPU time as a multiple of a good request's, bytes out as
 * a multiple of bytes in, and how long nobody else could be served.
 *
 *   npm run bench:hostile -- [--only tokens,framing,http2,large]
 */
import { once } from 'node:events';
import { connect } from 'node:net';
import { parseArgs } from 'node:util';
import { requestText } from '../test/support/client.ts';
import { hostileTokens } from '../test/support/hostile-tokens.ts';
import { frame, PREFACE, SETTINGS } from '../test/support/http2-frames.ts';
import { frameRows } from '../test/support/http2-rows.ts';
import { base64url, startIssuer } from '../test/support/issuer.ts';
import { SHAPES } from '../test/support/smuggling.ts';
import { startService } from './bystanders.ts';
import { startGatewayThread } from './gateway-thread.ts';

const { values } = parseArgs({ options: { only: { type: 'string', default: 'tokens,framing,http2,large' } } });
const only = values.only.split(',');

/** Of these, the least CPU time and the shortest pause count: the rest is the machine's and the compiler's. */
const TIMES = 3;
/** After the last byte of an answer; those that are not answered end with this. */
const QUIET_MS = 30;

const issuer = await startIssuer();
const service = await startService();
const gateway = await startGatewayThread(`
http2: { cleartext: true }
log: { access: off }
issuers: { main: { issuer: "${issuer.issuer}", jwks_uri: "${issuer.jwksUri}", audience: "${issuer.audience}" } }
upstreams: { orders: { targets: ["http://127.0.0.1:${service.port}"] } }
routes:
  - { path: /*, kind: operations, upstream: orders, auth: none }
  - { path: /orders, kind: internal, upstream: orders, auth: { issuer: main, required_claims: [sub, tenant_id] }, rate_limit: none }
`);

interface Cost {
  readonly cpuUs: number;
  readonly blockedMs: number;
  readonly bytesOut: number;
}

async function send(bytes: Buffer): Promise<number> {
  const socket = connect({ port: gateway.port, host: '127.0.0.1' });
  await once(socket, 'connect');
  let received = 0;
  await new Promise<void>((resolve) => {
    let quiet = setTimeout(resolve, QUIET_MS);
    socket.on('data', (more) => {
      received += more.length;
      clearTimeout(quiet);
      quiet = setTimeout(resolve, QUIET_MS);
    });
    socket.on('close', () => resolve());
    socket.on('error', () => {});
    socket.write(bytes);
  });
  socket.destroy();
  return received;
}

async function costOf(bytes: Buffer): Promise<Cost> {
  let cpuUs = Number.POSITIVE_INFINITY;
  let blockedMs = Number.POSITIVE_INFINITY;
  let bytesOut = 0;
  for (let time = 0; time < TIMES; time++) {
    await gateway.begin('cpu');
    bytesOut = Math.max(bytesOut, await send(bytes));
    cpuUs = Math.min(cpuUs, await gateway.end());
    await gateway.begin('pauses');
    await send(bytes);
    blockedMs = Math.min(blockedMs, await gateway.end());
  }
  return { cpuUs, blockedMs, bytesOut };
}

const authorized = (token: string) =>
  Buffer.from(requestText('/orders', { headers: { Authorization: `Bearer ${token}` } }));
const good = authorized(await issuer.mint());
const head = (lines: readonly string[]) =>
  Buffer.from(`GET /orders HTTP/1.1\r\nHost: a\r\n${lines.join('\r\n')}\r\n\r\n`);

const tokenOf = (payload: string) =>
  `${base64url('{"alg":"RS256","kid":"a"}')}.${base64url(payload)}.${'A'.repeat(342)}`;

/** What takes longest is what is as large, as deep or as alike as may be. */
function largest(): Buffer[] {
  const parts = (name: (at: number) => string) =>
    head(Array.from({ length: 98 }, (_, at) => `${name(at)}: ${'v'.repeat(100)}`));
  const deep = `${'['.repeat(5000)}${']'.repeat(5000)}`;
  const members = Array.from({ length: 1400 }, (_, at) => `"k${at}":1`).join(',');
  return [
    parts((at) => `X-${at}`),
    parts((at) => 'x'.repeat(at + 1)),
    parts(() => 'X-Same'),
    parts((at) => `__proto__${at}`),
    head([`Authorization: ${'Bearer '.repeat(2000)}`]),
    head([`Authorization: Bearer ${'.'.repeat(15_000)}`]),
    head([`Connection: ${'a,'.repeat(7000)}`]),
    head([`Transfer-Encoding: ${','.repeat(15_000)}`]),
    authorized(tokenOf(deep)),
    authorized(tokenOf(`{${members}}`)),
    authorized(tokenOf(`{"a":"${'\\u0041'.repeat(1800)}"}`)),
    Buffer.from(requestText(`/${'a/'.repeat(4000)}`)),
    Buffer.from(requestText(`/${'%41'.repeat(2600)}`)),
    Buffer.from(requestText(`/?${'a=b&'.repeat(2000)}`)),
    Buffer.from(
      `POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n${'1\r\nx\r\n'.repeat(20_000)}0\r\n\r\n`,
    ),
  ];
}

const FAMILIES: Readonly<Record<string, () => Promise<readonly Buffer[]> | readonly Buffer[]>> = {
  tokens: async () => (await hostileTokens(issuer)).map(({ token }) => authorized(token)),
  // Of thousands that differ in little, every tenth.
  framing: () => SHAPES.filter((_, at) => at % 10 === 0).map(({ bytes }) => Buffer.from(bytes, 'latin1')),
  http2: () => frameRows.map((row) => Buffer.concat([PREFACE, frame(SETTINGS, 0, 0), ...row.send])),
  large: largest,
};

for (let time = 0; time < 300; time++) await send(good);
const usual = await costOf(good);
console.log(`A good request: ${usual.cpuUs.toFixed(0)} µs on a connection of its own.\n`);
console.log(
  '| family | requests | CPU of a good one, at most | bytes out by bytes in, at most | event loop held, at most (ms) |',
);
console.log('|---|---|---|---|---|');
for (const [name, make] of Object.entries(FAMILIES)) {
  if (!only.includes(name)) continue;
  const inputs = await make();
  let cpu = 0;
  let out = 0;
  let blocked = 0;
  for (const bytes of inputs) {
    const cost = await costOf(bytes);
    cpu = Math.max(cpu, cost.cpuUs / usual.cpuUs);
    out = Math.max(out, cost.bytesOut / bytes.length);
    blocked = Math.max(blocked, cost.blockedMs);
  }
  console.log(`| ${name} | ${inputs.length} | ${cpu.toFixed(1)} | ${out.toFixed(1)} | ${blocked.toFixed(1)} |`);
}
process.exit(0);
