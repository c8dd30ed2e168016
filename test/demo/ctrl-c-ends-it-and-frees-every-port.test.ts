import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { test } from 'node:test';
import { freePorts, listenOn, startDemo } from '../support/demo.ts';
import { whyNotInstalled } from '../support/installed.ts';

for (const [start, script, skip] of [
  ['the demonstration', ['examples/demo/demo.ts'], false],
  ['what `npm start` runs', ['scripts/bootstrap.js', 'examples/demo/demo.ts'], whyNotInstalled()],
] as const) {
  test(`Ctrl-C ends ${start} with 0 and frees every port, whoever is still connected`, { skip }, async (t) => {
    const ports = await freePorts();
    const demo = startDemo(ports, script);
    t.after(() => demo.process.kill('SIGKILL'));
    await demo.listening;
    const idle = connect(ports.GATEWAY_PORT, '127.0.0.1').on('error', () => {});
    await once(idle, 'connect');
    // To the whole group, as a terminal does.
    process.kill(-demo.process.pid!, 'SIGINT');
    assert.equal(await demo.ended, 0, demo.output());
    for (const port of Object.values(ports)) {
      // eslint-disable-next-line no-await-in-loop -- each is let go before the next
      const server = await listenOn(port);
      server.close();
    }
  });
}
