import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { test } from 'node:test';
import { createWireCounters } from '../../src/wire/counters.ts';
import { DownstreamConnection } from '../../src/wire/downstream.ts';

const HOUR = 3_600_000;
const settings = {
  requestLineBytes: 8192,
  headBytes: 16_384,
  headFields: 100,
  headMs: HOUR,
  bodyMs: HOUR,
  idleMs: HOUR,
  totalMs: HOUR,
};
const nobody = { opened: () => undefined, serve: () => {}, refuseHead: () => {} };

/** Node refuses a reset while the shutdown is under way, and then never tells of the close that everyone waits for. */
test('a connection that was said goodbye to and is cut at once does close', async () => {
  const server = createServer({ pauseOnConnect: true, allowHalfOpen: true }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  for (let round = 0; round < 20; round++) {
    const caller = connect((server.address() as AddressInfo).port, '127.0.0.1');
    const [accepted] = (await once(server, 'connection')) as [Socket];
    const connection = new DownstreamConnection(accepted, nobody, {
      settings,
      counters: createWireCounters(),
      now: () => 0,
    });
    const closed = once(connection.socket, 'close');
    connection.drain();
    // Behind the tick in which the shutdown is asked for.
    await new Promise((resolve) => process.nextTick(resolve));
    connection.cut();
    const late = new Promise((resolve) => setTimeout(resolve, 2000, 'late').unref());
    assert.notEqual(await Promise.race([closed, late]), 'late', `round ${round}`);
    caller.destroy();
  }
  server.close();
});
