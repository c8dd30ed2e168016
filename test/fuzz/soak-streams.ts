/**
 * Streams of HTTP/2, requests of HTTP/1.1 and WebSockets side by side through
 * one gateway, with bodies larger than its buffers both ways, readers that pause
 * and ends at random bytes. Every byte is a part of its exchange's own mark, and
 * both ends look at each: none may ever be another's, and no part be the whole.
 */
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { type ClientHttp2Session, connect as connectHttp2, constants } from 'node:http2';
import { type AddressInfo, connect } from 'node:net';
import type { Duplex, Readable, Writable } from 'node:stream';
import { markOf } from '../support/erratic.ts';
import { startGateway } from '../support/gateway.ts';
import { openRoute } from '../support/open-route.ts';
import { handshakeText, SWITCHED } from '../support/websocket.ts';
import { createRandom, pick } from './mutations.ts';

const SIZES = [1, 100, 5000, 16_385, 40_000, 70_001, 200_000];
const WORKERS = 3;
const STREAMS = 4;

interface Ends {
  /** What was sent before. */
  readonly from?: number;
  readonly end: () => void;
  readonly leave: () => void;
  readonly leaveAt: number;
}

export interface StreamsCount {
  exchanges: number;
  /** Bodies that came whole, at the caller or at the service. */
  whole: number;
  /** Pieces that were looked at. */
  pieces: number;
}

/** Throws as soon as a byte reaches somebody else, or a part passes for the whole. */
export async function soakStreams({ exchanges, seed }: { exchanges: number; seed: number }): Promise<StreamsCount> {
  const random = createRandom(seed);
  const upTo = (most: number): number => Math.floor(random() * (most + 1));
  const count: StreamsCount = { exchanges: 0, whole: 0, pieces: 0 };
  let fault: Error | undefined;
  const fail = (what: string): void => void (fault ??= new Error(what));

  /** Looks at every byte of `from`; now and then it does not read for a while. Returns how many have come. */
  function look(from: Readable, id: number): () => number {
    let come = 0;
    const pauses = random() < 0.3;
    from.on('data', (bytes: Buffer) => {
      if (!bytes.equals(partOf(id, come, bytes.length)))
        fail(`${id} got at ${come}: ${bytes.toString('latin1', 0, 40)}`);
      come += bytes.length;
      count.pieces++;
      if (!pauses || from.destroyed) return;
      from.pause();
      setTimeout(() => from.resume(), 1 + upTo(2));
    });
    return () => come;
  }

  /** Writes up to `length` bytes in pieces as they are taken, then calls `end`; breaks off with `leave` at `leaveAt`. */
  function send(to: Writable, id: number, length: number, ends: Ends): void {
    let sent = ends.from ?? 0;
    const more = (): void => {
      while (sent < length && !to.destroyed && !to.writableEnded) {
        if (sent >= ends.leaveAt) return ends.leave();
        const step = Math.min(length - sent, 1 + upTo(50_000));
        const taken = to.write(partOf(id, sent, step));
        sent += step;
        if (!taken) return void to.once('drain', more);
        if (random() < 0.2) return void setTimeout(more, 1);
      }
      if (sent >= length) ends.end();
    };
    more();
  }

  const leaveAt = (length: number): number => (random() < 0.2 ? upTo(length) : Number.POSITIVE_INFINITY);

  /** `/id/length of the request/length of the reply`. */
  function serve(incoming: IncomingMessage, reply: ServerResponse): void {
    const [, id, length, replyLength] = incoming.url!.split('/').map(Number) as [number, number, number, number];
    for (const one of [incoming, reply]) one.on('error', () => {});
    const come = look(incoming, id);
    incoming.on('end', () => {
      if (come() !== length) fail(`the service took ${come()} bytes of ${id} for all ${length}`);
      else count.whole++;
      if (random() < 0.5) reply.setHeader('Content-Length', replyLength);
      reply.setHeader('X-Id', markOf(id));
      const leave = (): void => void reply.socket?.destroy();
      send(reply, id, replyLength, { end: () => reply.end(), leave, leaveAt: leaveAt(replyLength) });
    });
  }

  function serveTunnel(incoming: IncomingMessage, socket: Duplex, first: Buffer): void {
    const [, id, , length] = incoming.url!.split('/').map(Number) as [number, number, number, number];
    socket.on('error', () => {});
    socket.unshift(first);
    look(socket, id);
    socket.write(`${SWITCHED}\r\n`);
    const leave = (): void => void socket.destroy();
    send(socket, id, length, { end: () => socket.end(), leave, leaveAt: leaveAt(length) });
  }

  const service = createServer(serve).on('upgrade', serveTunnel);
  await new Promise<void>((resolve) => service.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(service.address() as AddressInfo).port}`;
  const yaml = openRoute(url, 'log: { access: off }\nhttp2: { cleartext: true }');
  const { port, plan, close } = await startGateway(yaml.replace(', auth:', ', upgrade: [websocket], auth:'));

  const goesOn = (): boolean => count.exchanges < exchanges && fault === undefined;
  const begin = () => ({
    id: ++count.exchanges,
    length: random() < 0.4 ? 0 : pick(random, SIZES),
    reply: pick(random, SIZES),
  });

  function onStream(session: ClientHttp2Session): Promise<void> {
    const { id, length, reply } = begin();
    const isUpload = length > 0;
    const head = { ':path': `/${id}/${length}/${reply}`, ':method': isUpload ? 'POST' : 'GET', ':authority': 'a' };
    const stream = session.request(head, { endStream: !isUpload });
    const leavesAt = leaveAt(reply);
    let ended = false;
    const come = look(stream, id);
    stream.on('response', (fields) => {
      // A refusal, where the service has just broken off.
      if (fields['x-id'] === undefined) stream.removeAllListeners('data').resume();
      else if (fields['x-id'] !== markOf(id)) fail(`${id} got the head of ${String(fields['x-id'])}`);
      else stream.on('end', () => (ended = true));
    });
    stream.on('data', () => come() >= leavesAt && stream.close(constants.NGHTTP2_CANCEL));
    stream.on('error', () => {});
    // Node's client ends what it cancels: leaving in the middle of an upload is the business of tests by the frame.
    const leave = (): void => session.destroy();
    if (isUpload) send(stream, id, length, { end: () => stream.end(), leave, leaveAt: leaveAt(length * 10) });
    return new Promise((resolve) =>
      stream.on('close', () => {
        if (ended && stream.rstCode === 0 && !session.destroyed && leavesAt > reply) {
          if (come() === reply) count.whole++;
          else fail(`${id} took ${come()} bytes of ${reply} for whole`);
        }
        resolve();
      }),
    );
  }

  async function overHttp2(): Promise<void> {
    while (goesOn()) {
      const session = connectHttp2(`http://127.0.0.1:${port}`);
      session.on('error', () => {});
      const inTurn = async (): Promise<void> => {
        for (let at = 0; at < 10 && goesOn() && !session.destroyed; at++) await onStream(session);
      };
      await Promise.all(Array.from({ length: STREAMS }, inTurn));
      session.destroy();
    }
  }

  async function overHttp1(): Promise<void> {
    while (goesOn()) {
      const { id, length, reply } = begin();
      const leavesAt = leaveAt(reply);
      const method = length > 0 ? 'POST' : 'GET';
      const asked = request({ port, host: '127.0.0.1', method, path: `/${id}/${length}/${reply}` }, (answer) => {
        answer.on('error', () => {});
        if (answer.headers['x-id'] === undefined) {
          answer.resume();
          return;
        }
        if (answer.headers['x-id'] !== markOf(id)) fail(`${id} got the head of ${String(answer.headers['x-id'])}`);
        const come = look(answer, id);
        answer.on('data', () => come() >= leavesAt && asked.destroy());
        answer.on('end', () => {
          if (answer.complete && come() === reply) count.whole++;
          else if (answer.complete && leavesAt > reply) fail(`${id} took ${come()} bytes of ${reply} for whole`);
        });
      });
      asked.on('error', () => {});
      const leave = (): void => void asked.destroy();
      send(asked, id, length, { end: () => asked.end(), leave, leaveAt: leaveAt(length) });
      await new Promise((resolve) => asked.on('close', resolve));
    }
  }

  async function overTunnels(): Promise<void> {
    while (goesOn()) {
      const { id, length, reply } = begin();
      const socket = connect(port, '127.0.0.1').on('error', () => {});
      // What comes first rides with the head.
      const early = upTo(Math.min(length, 3000));
      socket.write(Buffer.concat([Buffer.from(handshakeText(`/${id}/0/${reply}`)), partOf(id, 0, early)]));
      let head = Buffer.alloc(0);
      socket.on('data', function read(bytes: Buffer) {
        head = Buffer.concat([head, bytes]);
        const end = head.indexOf('\r\n\r\n');
        if (end === -1) return;
        socket.off('data', read);
        if (!head.toString('latin1').startsWith('HTTP/1.1 101')) {
          socket.destroy();
          return;
        }
        const come = look(socket, id);
        const leavesAt = leaveAt(reply);
        socket.on('data', () => come() >= leavesAt && socket.destroy());
        socket.unshift(head.subarray(end + 4));
        const half = random() < 0.2;
        const leave = (): void => void socket.destroy();
        send(socket, id, length, { from: early, end: () => half && socket.end(), leave, leaveAt: leaveAt(length) });
      });
      await new Promise((resolve) => socket.on('close', resolve));
    }
  }

  await Promise.all([overHttp2, overHttp1, overTunnels].flatMap((over) => Array.from({ length: WORKERS }, over)));
  service.closeAllConnections();
  service.close();
  await close();
  const busy = plan.upstreams[0]!.targets[0]!.pool.busy;
  if (busy > 0) fail(`${busy} connections to the service are still in use`);
  if (fault !== undefined) throw fault;
  return count;
}

/** `length` bytes of the marks of `id`, from its byte `from`. */
function partOf(id: number, from: number, length: number): Buffer {
  const mark = markOf(id);
  const start = from % mark.length;
  return Buffer.from(mark.repeat(Math.ceil((start + length) / mark.length)).slice(start, start + length));
}
