import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Socket } from 'node:net';
import { test } from 'node:test';
import { adopt } from './adopt.ts';

test('a socket whose handle cannot be moved reads as it always did', async () => {
  const accepted = new Socket();
  let received = '';
  const socket = adopt(accepted, {
    nextBuffer: () => assert.fail('no buffer of ours is asked for'),
    onRead: (bytes) => void (received += bytes.toString()),
  });
  assert.equal(socket, accepted);
  accepted.push('hello');
  accepted.push(null);
  await once(accepted, 'end');
  assert.equal(received, 'hello');
});
