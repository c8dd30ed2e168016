import assert from 'node:assert/strict';
import { test } from 'node:test';
import { freePorts, startDemo } from '../support/demo.ts';

/** Alone it takes half a second; other tests have the same cores, so the best of a few counts. */
const TRIES = 4;

test('a second start listens within 2 s, and on the same ports', async () => {
  const ports = await freePorts();
  const tookMs: number[] = [];
  for (let starts = 0; starts <= TRIES && Math.min(...tookMs.slice(1)) > 2000; starts++) {
    const began = performance.now();
    const demo = startDemo(ports);
    // eslint-disable-next-line no-await-in-loop -- one after the other is the point
    await demo.listening;
    tookMs.push(Math.round(performance.now() - began));
    demo.process.kill('SIGINT');
    // eslint-disable-next-line no-await-in-loop
    assert.equal(await demo.ended, 0, demo.output());
  }
  assert.ok(Math.min(...tookMs.slice(1)) <= 2000, `${tookMs.join(', ')} ms`);
});
