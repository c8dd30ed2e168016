import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { connectRaw, requestText } from '../support/client.ts';
import { startGateway } from '../support/gateway.ts';
import { openRoute } from '../support/open-route.ts';
import { otherEnd, until } from '../support/other-end.ts';
import { startUpstream } from '../support/upstream.ts';

const upstream = await startUpstream();
const gateway = await startGateway(openRoute(upstream.url));
after(() => Promise.all([gateway.close(), upstream.close()]));

const REQUEST = requestText('/');

// RFC 9112 §2.2: at least one empty line in front of a request line is let pass, wherever the network cuts it.
for (const { title, pieces } of [
  { title: 'one empty line', pieces: [`\r\n${REQUEST}`] },
  { title: 'one empty line, cut in the middle', pieces: ['\r', `\n${REQUEST}`] },
  { title: 'one empty line by itself', pieces: ['\r\n', REQUEST] },
  { title: 'two empty lines', pieces: [`\r\n\r\n${REQUEST}`] },
  { title: 'two empty lines, one by itself', pieces: ['\r\n', `\r\n${REQUEST}`] },
  { title: 'three empty lines, every byte by itself', pieces: ['\r', '\n', '\r', '\n', '\r', '\n', REQUEST] },
  { title: 'a request cut after every byte', pieces: `\r\n${REQUEST}`.split('') },
]) {
  test(`${title} before a request`, { timeout: 10_000 }, async () => {
    const caller = await connectRaw(gateway.port);
    const atGateway = await otherEnd(caller.socket);
    for (const before of ['first', 'second']) {
      for (const piece of pieces) {
        const target = atGateway.bytesRead + piece.length;
        caller.send(piece);
        await until(() => atGateway.bytesRead >= target);
      }
      assert.equal((await caller.reply()).status, 200, before);
    }
    caller.close();
  });
}

test('a line feed alone is no empty line', { timeout: 10_000 }, async () => {
  const caller = await connectRaw(gateway.port);
  caller.send(`\n${REQUEST}`);
  assert.equal((await caller.reply()).json().code, 'malformed_request');
  caller.close();
});
