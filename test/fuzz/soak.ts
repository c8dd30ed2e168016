/**
 * Exchanges over few connections to an erratic service, by callers of whom many
 * leave in the middle, at every byte of what they send and while they are
 * answered. Every part of every exchange carries its id, and both ends look at
 * it: no answer, and no part of one, may ever be another's.
 */
import { connect } from 'node:net';
import { connectRaw, type RawConnection } from '../support/client.ts';
import {
  bodyOf,
  chunksOf,
  CONDUCTS,
  markOf,
  REPLY_BYTES,
  SOUND,
  startErratic,
  targetOf,
  type Conduct,
} from '../support/erratic.ts';
import { startGateway } from '../support/gateway.ts';
import { openRoute } from '../support/open-route.ts';
import { createRandom, pick } from './mutations.ts';

const POOLS = [1, 2, 3];
const FORMS = ['GET', 'length', 'chunks'] as const;
type Form = (typeof FORMS)[number];
/** Most stay; the others leave while they send, while they wait, or say no more. */
const CALLERS = [
  'stays',
  'stays',
  'stays',
  'pipelines',
  'trickles',
  'leaves-sending',
  'leaves-sending',
  'leaves-waiting',
  'half-closes',
] as const;

export interface SoakCount {
  exchanges: number;
  /** Answered whole, with the right id. */
  whole: number;
  /** Answered by the gateway: 502 and the like. */
  refused: number;
  /** Broken off by the service in the middle of the reply. */
  cut: number;
  /** Left by the caller. */
  left: number;
  /** Answered whole where caller and service were both sound, and how many there were. */
  soundWhole: number;
  sound: number;
  /** For each form of request, bytes at which a caller has left, and how many there are. */
  readonly sentOffsets: Readonly<Record<Form, { readonly seen: Set<number>; readonly of: number }>>;
  /** Bytes of a reply at which the service has broken off. */
  readonly cutOffsets: Set<number>;
}

function offsetsOf(form: Form): { seen: Set<number>; of: number } {
  return { seen: new Set(), of: requestText(form, 0, 'whole', 0).length };
}

/** Throws as soon as anything reaches somebody else. */
export async function soak({ exchanges, seed }: { exchanges: number; seed: number }): Promise<SoakCount> {
  const random = createRandom(seed);
  const service = await startErratic();
  const gateways = await Promise.all(
    POOLS.map((size) =>
      startGateway(
        // A service that fails half of the time would be left alone.
        openRoute(service.url, 'log: { access: off }').replace(
          'service: { ',
          `service: { circuit_breaker: off, max_connections: ${size}, `,
        ),
      ),
    ),
  );
  const count: SoakCount = {
    exchanges: 0,
    whole: 0,
    refused: 0,
    cut: 0,
    left: 0,
    soundWhole: 0,
    sound: 0,
    sentOffsets: { GET: offsetsOf('GET'), length: offsetsOf('length'), chunks: offsetsOf('chunks') },
    cutOffsets: new Set(),
  };
  const posted = new Set<number>();
  /** Where services broke off, and where they paused, so far: each in turn, so that no byte is left out by chance. */
  const turns = { broken: 0, paused: 0 };

  function next(): { id: number; form: Form; conduct: Conduct; text: string } {
    const id = ++count.exchanges;
    const form = pick(random, FORMS);
    const conduct = pick(random, CONDUCTS);
    const breaks = conduct === 'cut' || conduct === 'reset';
    let offset = 0;
    if (breaks) offset = turns.broken++ % REPLY_BYTES;
    else if (conduct === 'pieces') offset = turns.paused++ % REPLY_BYTES;
    if (breaks) count.cutOffsets.add(offset);
    if (form !== 'GET') posted.add(id);
    return { id, form, conduct, text: requestText(form, id, conduct, offset) };
  }

  async function work(port: number): Promise<void> {
    let connection: RawConnection | undefined;
    while (count.exchanges < exchanges) {
      const caller = pick(random, CALLERS);
      const batch = caller === 'pipelines' ? [next(), next(), next()] : [next()];
      const { form, text } = batch[0]!;
      if (caller.startsWith('leaves') || caller === 'half-closes') {
        const { seen, of } = count.sentOffsets[form];
        const sent = caller === 'leaves-sending' ? seen.size % of : of;
        if (caller === 'leaves-sending') seen.add(sent);
        const received = await leave(port, text.slice(0, sent), caller === 'half-closes');
        onlyMarks(received, [batch[0]!.id]);
        count.left++;
        continue;
      }
      connection ??= await connectRaw(port);
      const whole = batch.map(({ text: each }) => each).join('');
      const cut = caller === 'trickles' ? Math.floor(random() * whole.length) : whole.length;
      connection.send(whole.slice(0, cut));
      if (cut < whole.length) {
        await new Promise((resolve) => setImmediate(resolve));
        connection.send(whole.slice(cut));
      }
      for (const [at, { id, conduct }] of batch.entries()) {
        const sound = at === 0 && SOUND.has(conduct);
        count.sound += sound ? 1 : 0;
        const reply = await connection.reply().catch(() => undefined);
        if (reply === undefined) {
          onlyMarks(await connection.ended(), batch.map(({ id: each }) => each).slice(at));
          count.cut++;
        } else if (reply.status === 200) {
          if (reply.headers.get('x-id') !== markOf(id) || reply.body !== bodyOf(id)) {
            throw new Error(`${id} got another's answer: ${reply.headers.get('x-id')} ${reply.body}`);
          }
          count.whole++;
          count.soundWhole += sound ? 1 : 0;
        } else {
          onlyMarks(reply.body, []);
          count.refused++;
        }
        if (reply === undefined || reply.headers.get('connection') === 'close') {
          connection.close();
          connection = undefined;
          // What stands behind it in the batch is never answered.
          count.left += batch.length - at - 1;
          break;
        }
      }
    }
    connection?.close();
  }

  // As many callers as may use a connection or wait for one.
  await Promise.all(gateways.flatMap(({ port }, at) => Array.from({ length: 2 * POOLS[at]! }, () => work(port))));
  // Once more for a connection that had ended, once more for a reply that never came.
  for (const [id, times] of service.seen) {
    if (times > (posted.has(id) ? 1 : 3)) throw new Error(`${id} was sent ${times} times`);
  }
  await Promise.all(gateways.map((gateway) => gateway.close()));
  await service.close();
  return count;
}

function requestText(form: Form, id: number, conduct: Conduct, offset: number): string {
  const body = bodyOf(id);
  const head = `${form === 'GET' ? 'GET' : 'POST'} ${targetOf(id, conduct, offset)} HTTP/1.1\r\nHost: a\r\nX-Id: ${markOf(id)}\r\n`;
  if (form === 'GET') return `${head}\r\n`;
  if (form === 'length') return `${head}Content-Length: ${body.length}\r\n\r\n${body}`;
  return `${head}Transfer-Encoding: chunked\r\n\r\n${chunksOf(body)}`;
}

/** Sends `text` and is gone at the first byte of an answer, or shortly after; resolves with what came until then. */
function leave(port: number, text: string, half: boolean): Promise<string> {
  return new Promise((resolve) => {
    let received = '';
    const socket = connect(port, '127.0.0.1', () => {
      socket.write(text, 'latin1');
      if (half) socket.end();
      else setTimeout(() => socket.destroy(), 3);
    });
    socket.on('data', (bytes) => {
      received += bytes.toString('latin1');
      if (!half) socket.resetAndDestroy();
    });
    socket.on('error', () => {});
    socket.on('close', () => resolve(received));
  });
}

/** Every mark in `received` must be one of `ids`, in their order. */
function onlyMarks(received: string, ids: readonly number[]): void {
  let at = 0;
  for (const [mark] of received.matchAll(/id=\d{8};/g)) {
    while (at < ids.length && markOf(ids[at]!) !== mark) at++;
    if (at === ids.length) throw new Error(`${ids.join()} got a part of another's answer: ${received}`);
  }
}
