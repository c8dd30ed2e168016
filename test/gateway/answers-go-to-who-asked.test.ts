import assert from 'node:assert/strict';
import { test } from 'node:test';
import { soak } from '../fuzz/soak.ts';
import { soakStreams } from '../fuzz/soak-streams.ts';
import { REPLY_BYTES } from '../support/erratic.ts';

test('RSP-04 H1-29 of 6,000 exchanges that break off at every byte, over one to three connections, no answer goes astray', async () => {
  const count = await soak({ exchanges: 6000, seed: 20_261_124 });
  assert.ok(count.exchanges >= 6000);
  for (const [form, { seen, of }] of Object.entries(count.sentOffsets)) {
    assert.equal(seen.size, of, `callers left at ${seen.size} of the ${of} bytes of a request: ${form}`);
  }
  assert.equal(count.cutOffsets.size, REPLY_BYTES, 'services broke off at every byte of a reply');
  // The good do not pay for the bad: who meets a connection that has just died may see 502, and that is rare.
  assert.ok(count.soundWhole > 0.8 * count.sound, `${count.soundWhole} of ${count.sound} sound exchanges`);
});

test('RSP-04 UPG-05 streams of HTTP/2, requests of HTTP/1.1 and WebSockets side by side, with large bodies, share no byte', async () => {
  const count = await soakStreams({ exchanges: 1500, seed: 20_261_124 });
  assert.ok(count.whole > 1500, `only ${count.whole} bodies came whole: too much breaks off to tell anything`);
  assert.ok(count.pieces > 3000, `only ${count.pieces} pieces were looked at`);
});
