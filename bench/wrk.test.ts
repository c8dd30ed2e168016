import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readWrk } from './wrk.ts';

const GOOD = '  48000 requests in 2.00s, 12MB read\nRequests/sec:  24000.50\n';

test('a run where every answer is the one expected is counted', () => {
  assert.deepEqual(readWrk(GOOD, 200), { requests: 48_000, perSecond: 24_000.5 });
  const storm = `${GOOD}  Non-2xx or 3xx responses: 48000\n`;
  assert.equal(readWrk(storm, 401).requests, 48_000);
});

test('one refusal among good answers fails the run, and so does one good answer in a storm', () => {
  assert.throws(() => readWrk(`${GOOD}  Non-2xx or 3xx responses: 1\n`, 200), /1 of 48000 answers were not 200/);
  assert.throws(() => readWrk(`${GOOD}  Non-2xx or 3xx responses: 47999\n`, 401), /1 of 48000 answers were not 401/);
});

test('a broken connection fails the run, and so does one without any answer', () => {
  assert.throws(() => readWrk(`${GOOD}  Socket errors: connect 0, read 2, write 0, timeout 1\n`, 200), /3 connections/);
  assert.throws(() => readWrk('  0 requests in 2.00s, 0B read\nRequests/sec: 0.00\n', 200), /0 of 0/);
});
