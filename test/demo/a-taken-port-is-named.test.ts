import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DEMO_PORTS, freePorts, listenOn, startDemo } from '../support/demo.ts';

for (const name of DEMO_PORTS) {
  test(`a taken ${name} is one line that names it, and exit 1`, async (t) => {
    const ports = await freePorts();
    const taken = await listenOn(ports[name]);
    t.after(() => taken.close());
    const demo = startDemo(ports);
    assert.equal(await demo.ended, 1);
    assert.match(demo.output(), new RegExp(`^127\\.0\\.0\\.1:${ports[name]} is taken by another process; .+\n$`));
  });
}
