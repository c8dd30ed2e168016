/**
 * Tables of what a service may answer and what the caller must get of it: one
 * test a row, real sockets. Behind each row the same caller asks once more and
 * must get that answer and no other; whether it came over the same connection
 * to the service tells if the gateway still trusted it.
 */
import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { after, test } from 'node:test';
import { connectRaw } from './client.ts';
import { startGateway } from './gateway.ts';
import { openRoute } from './open-route.ts';
import { startUpstream, type Behaviour } from './upstream.ts';

export interface ReplyRow {
  /** Begins with the section that decides it. */
  readonly title: string;
  /** What the service answers, in the pieces it writes. */
  readonly bytes: string | readonly string[];
  /** What it does behind that. */
  readonly andThen?: 'end' | 'reset';
  /** The request that it answers; `GET` where there is none. */
  readonly method?: string;
  /**
   * What the caller gets, in order: status and body of each reply, the code of a
   * refusal, or `cut` when the connection breaks off in the middle; and whether
   * the connection to the service was `kept` or `dropped`.
   */
  readonly expect: readonly string[];
  /** Fields of the last reply; `undefined` where there must be none. */
  readonly fields?: Readonly<Record<string, string | undefined>>;
}

export function testReplyRows(rows: readonly ReplyRow[]): void {
  let current: ReplyRow | undefined;
  let connections = 0;
  let idle: Socket | undefined;
  const behaviour: Behaviour = (socket, number) => {
    connections = number + 1;
    socket.on('data', (bytes) => {
      idle = socket;
      if (/^\S+ \/own /.test(bytes.toString('latin1'))) socket.write('HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nown');
      else void answer(socket, current!);
    });
  };
  const started = startUpstream({ behaviour }).then(async (upstream) => ({
    upstream,
    gateway: await startGateway(openRoute(upstream.url, 'log: { access: off }')),
  }));
  after(async () => {
    const { gateway, upstream } = await started;
    await Promise.all([gateway.close(), upstream.close()]);
  });

  for (const row of rows) {
    test(row.title, async () => {
      const { gateway } = await started;
      const method = row.method ?? 'GET';
      current = row;
      const trace: string[] = [];
      let caller = await connectRaw(gateway.port);
      caller.send(`${method} /row HTTP/1.1\r\nHost: a.test\r\nTE: trailers\r\n\r\n`);
      for (;;) {
        const reply = await caller.reply(method).catch(() => undefined);
        if (reply === undefined) {
          trace.push('cut');
          caller = await connectRaw(gateway.port);
          break;
        }
        if (reply.status >= 500 && reply.body !== '') trace.push(`${reply.status} ${reply.json().code}`);
        else trace.push(`${reply.status} ${reply.body}`.trimEnd());
        if (reply.status < 200) continue;
        for (const [name, value] of Object.entries(row.fields ?? {}))
          assert.equal(reply.headers.get(name), value, name);
        break;
      }
      const before = connections;
      if (row.expect.at(-1) === 'dropped') await closed(idle!);
      caller.send('GET /own HTTP/1.1\r\nHost: a.test\r\n\r\n');
      assert.equal((await caller.reply()).body, 'own', 'the next reply was another');
      caller.close();
      assert.deepEqual([...trace, connections === before ? 'kept' : 'dropped'], row.expect);
    });
  }
}

async function answer(socket: Socket, { bytes, andThen }: ReplyRow): Promise<void> {
  for (const piece of typeof bytes === 'string' ? [bytes] : bytes) {
    socket.write(piece, 'latin1');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  if (andThen === 'end') socket.end();
  if (andThen === 'reset') socket.resetAndDestroy();
}

/** Gives up long before an unused connection is closed for its age. */
async function closed(socket: Socket): Promise<void> {
  const until = performance.now() + 1000;
  while (!socket.closed && performance.now() < until) await new Promise((resolve) => setImmediate(resolve));
}
