import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { after, test } from 'node:test';
import { connectRaw, type RawConnection } from '../support/client.ts';
import { createFakeClock } from '../support/clock.ts';
import { startGateway, type TestGateway } from '../support/gateway.ts';
import { startIssuer } from '../support/issuer.ts';
import { fillUntilStuck, otherEnd, until } from '../support/other-end.ts';
import { handshakeText, openWebSocket, startEchoService, startSwitching } from '../support/websocket.ts';

const clock = createFakeClock();
const issuer = await startIssuer({ now: clock.wall });
const service = await startEchoService();
const switched: Socket[] = [];
const raw = await startSwitching((socket) => void switched.push(socket));
const yaml = `
issuers: { main: { issuer: "${issuer.issuer}", jwks_uri: "${issuer.jwksUri}", audience: "${issuer.audience}", clock_skew: 30s } }
timeouts: { body: 20s }
upstreams:
  service: { targets: ["${service.url}"] }
  raw: { targets: ["${raw.url}"], max_connections: 2 }
routes:
  - { path: /live, kind: internal, upstream: service, auth: { issuer: main }, rate_limit: none, upgrade: [websocket], timeouts: { tunnel_idle: 1m } }
  - { path: /outliving, kind: internal, upstream: service, auth: { issuer: main }, rate_limit: none, upgrade: [websocket], close_on_expiry: false, timeouts: { tunnel_idle: 1h } }
  - { path: /raw, kind: internal, upstream: raw, auth: { issuer: main }, rate_limit: none, upgrade: [websocket], timeouts: { tunnel_idle: 1m } }
`;
const gateway = await startGateway(yaml, { clock });
after(() => Promise.all([gateway.close(), service.close(), raw.close(), issuer.close()]));

const headers = async (claims: Record<string, unknown> = {}) => ({
  Authorization: `Bearer ${await issuer.mint(claims)}`,
});
/** Opens a tunnel to the raw service; both ends of it. */
async function openRaw(at: TestGateway = gateway): Promise<{ caller: RawConnection; far: Socket }> {
  const count = switched.length;
  const caller = await connectRaw(at.port);
  caller.send(handshakeText('/raw', await headers()));
  assert.equal((await caller.reply()).status, 101);
  return { caller, far: switched[count]! };
}

/** The sum of a metric's series. */
function metric(name: string, at: TestGateway = gateway): number {
  const lines = at.plan.metrics.render().split('\n');
  const values = lines.filter((line) => line.startsWith(`${name} `) || line.startsWith(`${name}{`));
  return values.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
}

let ended = 0;
/** The access line of the tunnel that has just ended. */
async function nextLine(): Promise<Record<string, unknown>> {
  ended++;
  await until(() => metric('gatehouse_tunnels_total') >= ended);
  // Lines are written together, a few times a second.
  clock.advance(100);
  return (await gateway.accessLines(ended)).at(-1)!;
}

async function assertNothingLeft(): Promise<void> {
  await until(() => metric('gatehouse_connections_open') === 0);
  assert.equal(metric('gatehouse_tunnels_open'), 0);
  await until(() => raw.open() === 0);
  await until(() => metric('gatehouse_upstream_connections_open') === 0);
}

test('UPG-07 a WebSocket is closed with 1008 when its token expires, to the skew, and the service sees it closed', async () => {
  const client = await openWebSocket(gateway.port, '/live', { headers: await headers() });
  for (let minute = 0; minute < 5; minute++) {
    clock.advance(59_000);
    client.socket.send('still here');
    assert.equal(await client.message(), 'still here');
  }
  // 295 s of 300 are over, and 30 s of skew are to come.
  clock.advance(34_000);
  client.socket.send('the last one');
  assert.equal(await client.message(), 'the last one');
  const before = service.closes.length;
  clock.advance(1100);
  assert.equal(await client.closed, 1008);
  const line = await nextLine();
  assert.equal(line.tunnel_end, 'token_expired');
  assert.ok((line.duration_ms as number) >= 330_000);
  await until(() => service.closes.length > before);
  assert.equal(service.closes.at(-1), 1008);
  assert.equal(metric('gatehouse_tunnels_total{reason="token_expired"}'), 1);
  await assertNothingLeft();
});

test('UPG-07 a jump of the wall clock counts, and a route may let WebSockets outlive their tokens', async () => {
  const ending = await openWebSocket(gateway.port, '/live', { headers: await headers() });
  const outliving = await openWebSocket(gateway.port, '/outliving', { headers: await headers() });
  clock.setWall(clock.wall() + 600_000);
  clock.advance(1100);
  assert.equal(await ending.closed, 1008);
  assert.equal((await nextLine()).tunnel_end, 'token_expired');
  outliving.socket.send('on');
  assert.equal(await outliving.message(), 'on');
  outliving.socket.close();
  assert.equal(await outliving.closed, 1005);
  assert.equal((await nextLine()).tunnel_end, 'upstream_closed');
});

test('UPG-06 an idle WebSocket is closed with 1001; a byte from either side keeps it', async () => {
  const client = await openWebSocket(gateway.port, '/live', { headers: await headers() });
  clock.advance(50_000);
  client.socket.ping();
  await new Promise((resolve) => client.socket.once('pong', resolve));
  clock.advance(59_000);
  assert.equal(client.socket.readyState, 1);
  clock.advance(1100);
  assert.equal(await client.closed, 1001);
  assert.equal((await nextLine()).tunnel_end, 'idle');

  const { caller, far } = await openRaw();
  for (let at = 0; at < 3; at++) {
    clock.advance(50_000);
    const before = caller.socket.bytesRead;
    far.write('x');
    await until(() => caller.socket.bytesRead > before);
  }
  caller.socket.resetAndDestroy();
  assert.equal((await nextLine()).tunnel_end, 'caller_lost');
  await assertNothingLeft();
});

test('UPG-06 UPG-07 no Close is put into the middle of a frame of the service, nor behind its own', async () => {
  for (const said of [Buffer.from([0x81, 5, 1]), Buffer.from([0x88, 0])]) {
    const { caller, far } = await openRaw();
    const heard = caller.socket.bytesRead + said.length;
    far.write(said);
    await until(() => caller.socket.bytesRead === heard);
    clock.advance(61_000);
    await caller.ended();
    assert.equal(caller.socket.bytesRead, heard);
    assert.equal((await nextLine()).tunnel_end, 'idle');
    await until(() => far.destroyed);
  }
  await assertNothingLeft();
});

test('UPG-06 one who does not answer a goodbye is cut, and what the service still says is not passed on', async () => {
  const { caller, far } = await openRaw();
  caller.socket.allowHalfOpen = true;
  clock.advance(60_500);
  let heard = '';
  caller.socket.on('data', (bytes) => (heard += bytes.toString('latin1')));
  await until(() => heard.length === 4);
  const other = await otherEnd(far);
  const before = other.bytesRead;
  far.write('more');
  await until(() => other.bytesRead > before);
  clock.advance(5100);
  await until(() => far.destroyed);
  assert.equal(heard, '\x88\x02\x03\xe9');
  caller.close();
  assert.equal((await nextLine()).tunnel_end, 'idle');
  await assertNothingLeft();
});

test('UPG-06 half of it closed: the other half has a moment, then both sides are closed', async () => {
  const { caller, far } = await openRaw();
  far.allowHalfOpen = true;
  caller.socket.end('last words');
  let heard = '';
  far.on('data', (bytes) => (heard += String(bytes)));
  await new Promise((resolve) => far.once('end', resolve));
  assert.equal(heard, 'last words');
  const before = caller.socket.bytesRead;
  far.write('and an answer');
  await until(() => caller.socket.bytesRead > before);
  clock.advance(5100);
  assert.match(await caller.ended(), /and an answer$/);
  assert.equal((await nextLine()).tunnel_end, 'caller_closed');
  far.destroy();
  await assertNothingLeft();

  const other = await openRaw();
  other.far.end('goodbye');
  assert.match(await other.caller.ended(), /goodbye$/);
  assert.equal((await nextLine()).tunnel_end, 'upstream_closed');
  await assertNothingLeft();
});

test('UPG-06 one side that takes nothing holds the other up, in bounded memory, and is cut', async () => {
  const piece = Buffer.alloc(65_536);
  for (const slow of ['caller', 'service'] as const) {
    const { caller, far } = await openRaw();
    const [reader, sender] = slow === 'caller' ? [caller.socket, far] : [far, caller.socket];
    reader.pause();
    const stuck = await otherEnd(reader);
    await fillUntilStuck({ sender, stuck, piece });
    const held = stuck.writableLength;
    for (let at = 0; at < 100; at++) sender.write(piece);
    for (let second = 0; second < 19; second++) clock.advance(1000);
    assert.ok(stuck.writableLength <= held + piece.length, `${stuck.writableLength} bytes wait`);
    assert.equal(stuck.destroyed, false);
    clock.advance(2000);
    assert.equal((await nextLine()).tunnel_end, 'stalled', slow);
    caller.close();
    far.destroy();
    await assertNothingLeft();
  }
});

test('UPG-06 a service that breaks off takes the caller with it', async () => {
  const { caller, far } = await openRaw();
  far.write(Buffer.from([0x81, 1, 0x61]));
  far.resetAndDestroy();
  await caller.ended();
  assert.equal((await nextLine()).tunnel_end, 'upstream_lost');
  await assertNothingLeft();
});

test('a tunnel counts against the connections to its service for as long as it is open', async () => {
  const [first, second] = [await openRaw(), await openRaw()];
  const third = await connectRaw(gateway.port);
  third.send(handshakeText('/raw', await headers()));
  const [target] = gateway.plan.upstreams.find(({ name }) => name === 'raw')!.targets;
  assert.equal(target!.pool.busy, 2);
  first.caller.socket.end();
  first.far.end();
  await first.caller.ended();
  assert.equal((await third.reply()).status, 101);
  second.caller.close();
  third.close();
  for (let at = 0; at < 3; at++) await nextLine();
  await assertNothingLeft();
});

test('UPG-08 a stopping gateway lets WebSockets be until its grace is over, and closes them with 1001 then', async () => {
  const stopping = await startGateway(yaml, { clock });
  const client = await openWebSocket(stopping.port, '/live', { headers: await headers() });
  const silent = await openRaw(stopping);
  const midFrame = await openRaw(stopping);
  const heard = midFrame.caller.socket.bytesRead;
  midFrame.far.write(Buffer.from([0x81, 5, 1]));
  await until(() => midFrame.caller.socket.bytesRead > heard);
  const before = service.closes.length;
  const closed = stopping.close(200);
  client.socket.send('while it stops');
  assert.equal(await client.message(), 'while it stops');
  assert.equal(await client.closed, 1001);
  assert.match(await silent.caller.ended(), /\x88\x02\x03\xe9$/);
  assert.match(await midFrame.caller.ended(), /^(?:\x81\x05\x01)?$/);
  await closed;
  await until(() => service.closes.length > before);
  assert.equal(service.closes.at(-1), 1001);
  const lines = await stopping.accessLines(3);
  assert.deepEqual(
    lines.map(({ tunnel_end: end }) => end),
    ['drained', 'drained', 'drained'],
  );
});
