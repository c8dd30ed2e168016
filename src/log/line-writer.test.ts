import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { systemClock } from '../world.ts';
import { createLineWriter, openSink, type Sink } from './line-writer.ts';

type Done = Parameters<Sink>[2];

/** A clock whose ticks the test gives, and a sink that answers when the test says so. */
function setUp() {
  const ticks = new Map<number, Set<() => void>>();
  const calls: { text: string; done: Done }[] = [];
  const writer = createLineWriter(
    (bytes, offset, done) => calls.push({ text: Buffer.from(bytes).toString('utf8', offset), done }),
    {
      every(intervalMs, tick) {
        const all = ticks.get(intervalMs) ?? new Set();
        ticks.set(intervalMs, all.add(tick));
        return () => all.delete(tick);
      },
    },
  );
  const tick = (intervalMs = 50) => {
    for (const each of ticks.get(intervalMs) ?? []) each();
  };
  const answer = (error: string | null = null, count?: number) => {
    const call = calls.shift();
    assert.ok(call !== undefined, 'nothing was written');
    const fault = error === null ? null : Object.assign(new Error(error), { code: error });
    call.done(fault, count ?? (error === null ? Buffer.byteLength(call.text) : 0));
    return call.text;
  };
  return { writer, calls, tick, answer };
}

test('lines are gathered and written together, one write at a time', () => {
  const { writer, calls, tick, answer } = setUp();
  writer.write('a\n');
  writer.write('é\n');
  assert.equal(calls.length, 0);
  tick();
  writer.write('c\n');
  tick();
  assert.equal(calls.length, 1);
  assert.equal(answer(), 'a\né\n');
  tick();
  assert.equal(answer(), 'c\n');
  tick();
  assert.equal(calls.length, 0);
});

test('much text does not wait for the tick', () => {
  const { writer, calls, answer } = setUp();
  const line = `${'x'.repeat(1023)}\n`;
  for (let n = 0; n < 200; n++) writer.write(line);
  assert.equal(calls.length, 1);
  assert.equal(answer().length, 64 * 1024);
  assert.equal(answer().length, 136 * 1024);
});

test('what a write left over goes first', () => {
  const { writer, tick, answer } = setUp();
  writer.write('abcdef\n');
  tick();
  answer(null, 3);
  assert.equal(answer(), 'def\n');
});

test('DOS-13 a blocked sink holds up nobody: memory is bounded and drops are counted', () => {
  const { writer, calls, tick, answer } = setUp();
  const line = `${'x'.repeat(1023)}\n`;
  writer.write('first\n');
  tick();
  for (let n = 0; n < 10_000; n++) writer.write(line);
  tick();
  assert.equal(calls.length, 1);
  assert.equal(writer.dropped(), 10_000 - 8 * 1024);
  answer();
  assert.equal(answer().length, 8 * 1024 * 1024);
  writer.write('after\n');
  tick();
  assert.equal(answer(), 'after\n');
});

test('DOS-13 on a full disk the lost lines are counted, and a cut line does not spoil the next', () => {
  const { writer, tick, answer } = setUp();
  writer.write('aaa\n');
  writer.write('bbb\n');
  tick();
  answer(null, 6);
  answer('ENOSPC');
  assert.equal(writer.dropped(), 1);
  writer.write('ccc\n');
  tick();
  assert.equal(answer('ENOSPC'), '\nccc\n');
  writer.write('ddd\n');
  tick();
  assert.equal(answer(), 'ddd\n');
});

test('a pipe that is full for the moment is tried again', () => {
  const { writer, tick, answer, calls } = setUp();
  writer.write('aaa\n');
  tick();
  answer('EAGAIN');
  assert.equal(calls.length, 0);
  tick();
  assert.equal(answer(null, 0), 'aaa\n');
  tick();
  assert.equal(answer(), 'aaa\n');
  assert.equal(writer.dropped(), 0);
});

test('closing writes what waits', async () => {
  const { writer, tick, answer } = setUp();
  writer.write('a\n');
  tick();
  writer.write('b\n');
  const closed = writer.close();
  assert.equal(answer(), 'a\n');
  assert.equal(answer(), 'b\n');
  await closed;
});

test('closing does not wait for a sink that never answers, nor for one that fails', async () => {
  const blocked = setUp();
  blocked.writer.write('a\n');
  const closed = blocked.writer.close();
  blocked.tick(1000);
  await closed;

  const failing = setUp();
  failing.writer.write('a\n');
  const failed = failing.writer.close();
  failing.answer('EPIPE');
  await failed;
  assert.equal(failing.writer.dropped(), 1);
});

test('a file is appended to and not shown to everyone', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'access.log');
  for (const line of ['a\n', 'é\n']) {
    const writer = createLineWriter(openSink(file), systemClock);
    writer.write(line);
    await writer.close();
  }
  assert.equal(readFileSync(file, 'utf8'), 'a\né\n');
  assert.equal(statSync(file).mode & 0o007, 0);
});
