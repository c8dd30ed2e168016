import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { closeFrame, FrameTracker } from './websocket-frames.ts';

interface Frame {
  readonly opcode: number;
  readonly fin: boolean;
  readonly masked: boolean;
  readonly length: number;
}

function frameBytes({ opcode, fin, masked, length }: Frame): Buffer {
  const head = [(fin ? 0x80 : 0) | opcode];
  const mask = masked ? 0x80 : 0;
  if (length < 126) head.push(mask | length);
  else if (length < 65_536) head.push(mask | 126, length >> 8, length & 0xff);
  else {
    const wide = Buffer.alloc(8);
    wide.writeBigUInt64BE(BigInt(length));
    head.push(mask | 127, ...wide);
  }
  if (masked) head.push(1, 2, 3, 4);
  return Buffer.concat([Buffer.from(head), Buffer.alloc(length, 0x88)]);
}

const text = (length: number, more: Partial<Frame> = {}) =>
  frameBytes({ opcode: 1, fin: true, masked: false, length, ...more });

test('a frame of every size, in two pieces split anywhere, is at a boundary at its end and nowhere else', () => {
  const frames = [0, 1, 125, 126, 127, 300].flatMap((length) => [text(length), text(length, { masked: true })]);
  for (const frame of [...frames, text(65_535), text(65_536), text(65_536, { masked: true })]) {
    for (let split = 1; split < frame.length; split += frame.length > 1000 && split > 20 ? 4999 : 1) {
      const tracker = new FrameTracker();
      tracker.read(frame.subarray(0, split));
      assert.equal(tracker.atBoundary, false, `${frame.length} bytes, split at ${split}`);
      tracker.read(frame.subarray(split));
      assert.equal(tracker.atBoundary, true, `${frame.length} bytes, split at ${split}`);
    }
  }
});

test('a length of 64 bits is counted in full', () => {
  const tracker = new FrameTracker();
  tracker.read(Buffer.from([0x82, 127, 0, 0, 0, 1, 0, 0, 0, 2]));
  const piece = Buffer.alloc(0x0100_0000);
  for (let left = 0x1_0000_0002; left > piece.length; left -= piece.length) {
    tracker.read(piece);
    assert.equal(tracker.atBoundary, false);
  }
  tracker.read(piece.subarray(0, 1));
  assert.equal(tracker.atBoundary, false);
  tracker.read(piece.subarray(0, 1));
  assert.equal(tracker.atBoundary, true);
});

test('frames in any pieces: the boundaries are those of the frames', () => {
  const frame = fc.record({
    opcode: fc.constantFrom(0, 1, 2, 9, 10),
    fin: fc.boolean(),
    masked: fc.boolean(),
    length: fc.oneof(fc.nat(3), fc.integer({ min: 120, max: 130 }), fc.integer({ min: 65_530, max: 65_540 })),
  });
  fc.assert(
    fc.property(fc.array(frame, { maxLength: 4 }), fc.array(fc.integer({ min: 1, max: 70_000 })), (frames, steps) => {
      const bytes = Buffer.concat(frames.map(frameBytes));
      const ends = new Set([0]);
      let sum = 0;
      for (const one of frames) ends.add((sum += frameBytes(one).length));
      const tracker = new FrameTracker();
      let at = 0;
      for (const step of [...steps, bytes.length]) {
        tracker.read(bytes.subarray(at, at + step));
        at = Math.min(bytes.length, at + step);
        assert.equal(tracker.atBoundary, ends.has(at));
      }
      assert.equal(tracker.closed, false);
    }),
    { numRuns: 200, seed: 6455 },
  );
});

test('a Close is noticed by its opcode alone, and not by a payload that looks like one', () => {
  const tracker = new FrameTracker();
  tracker.read(text(40));
  assert.equal(tracker.closed, false);
  tracker.read(closeFrame(1001).subarray(0, 1));
  assert.equal(tracker.closed, true);
});

test('a Close of ours is one unmasked frame with its code', () => {
  assert.deepEqual([...closeFrame(1001)], [0x88, 2, 0x03, 0xe9]);
  assert.deepEqual([...closeFrame(1008)], [0x88, 2, 0x03, 0xf0]);
});
