/**
 * Tables of what a caller may send and what must come of it: one test a row, the
 * real gateway on real sockets, and a service that reads strictly. Behind the
 * bytes of every row comes one more good request in the same write: it is served
 * if and only if the gateway still knows where the row ended.
 */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { connectRaw, type RawConnection, type Reply } from './client.ts';
import { startGateway } from './gateway.ts';
import { openRoute } from './open-route.ts';
import { startUpstream, type Received } from './upstream.ts';

export interface CallerRow {
  /** Begins with the section that decides it. */
  readonly title: string;
  readonly bytes: string;
  /**
   * What comes of it, in order: method, target and body of each request as the
   * service got it, status and code of each refusal, and whether the connection
   * is `open` for the next request or `closed`.
   */
  readonly expect: readonly string[];
  /** Fields of the last request as the service got them: every value under the lower-case name. */
  readonly fields?: Readonly<Record<string, readonly string[]>>;
  /** Fields of the first final reply; `undefined` where there must be none. */
  readonly reply?: Readonly<Record<string, string | undefined>>;
}

const NEXT = 'GET /next HTTP/1.1\r\nHost: next.test\r\n\r\n';

/** Runs the rows as tests. `more`: further configuration. */
export async function testCallerRows(rows: readonly CallerRow[], more = ''): Promise<void> {
  const upstream = await startUpstream();
  const gateway = await startGateway(openRoute(upstream.url, more));
  after(() => Promise.all([gateway.close(), upstream.close()]));
  for (const row of rows) {
    test(row.title, async () => {
      const before = upstream.received.length;
      const connection = await connectRaw(gateway.port);
      connection.send(row.bytes + NEXT);
      const { trace, replies } = await follow(
        connection,
        row.bytes.startsWith('HEAD '),
        () => upstream.received,
        before,
      );
      connection.close();
      assert.deepEqual(trace, row.expect);
      // Nothing reached the service that no reply told of.
      const seen = upstream.received.slice(before).filter(({ target }) => target !== '/next');
      assert.equal(seen.length, row.expect.filter((step) => /^[A-Z]/.test(step)).length);
      for (const [name, values] of Object.entries(row.fields ?? {})) {
        assert.deepEqual(valuesOf(seen.at(-1)!, name), values, name);
      }
      for (const [name, value] of Object.entries(row.reply ?? {})) {
        assert.equal(replies.find(({ status }) => status >= 200)!.headers.get(name), value, name);
      }
    });
  }
}

async function follow(
  connection: RawConnection,
  headFirst: boolean,
  received: () => readonly Received[],
  before: number,
): Promise<{ trace: string[]; replies: Reply[] }> {
  const trace: string[] = [];
  const replies: Reply[] = [];
  let served = before;
  for (;;) {
    const reply = await connection.reply(headFirst && replies.length === 0 ? 'HEAD' : 'GET').catch(() => undefined);
    if (reply === undefined) return { trace: [...trace, 'closed'], replies };
    if (reply.status === 200) {
      const { method, target, body } = received()[served++]!;
      if (target === '/next') return { trace: [...trace, 'open'], replies };
      trace.push(`${method} ${target}${body === '' ? '' : ` ${body}`}`);
    } else trace.push(reply.body === '' ? String(reply.status) : `${reply.status} ${reply.json().code}`);
    replies.push(reply);
  }
}

function valuesOf({ headers }: Received, name: string): string[] {
  return headers.filter(([other]) => other.toLowerCase() === name).map(([, value]) => value);
}
