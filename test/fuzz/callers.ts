/**
 * Mutated requests against a running gateway over real sockets, with two
 * witnesses: the upstream reads every byte it gets strictly and throws on what a
 * gateway must not send, and a well-behaved caller on a connection of its own
 * must always get its own answer.
 */
import { connect } from 'node:net';
import { connectRaw, requestText, type RawConnection } from '../support/client.ts';
import type { Received, TestUpstream } from '../support/upstream.ts';
import { createRandom, mutatedReply, mutatedRequest, type Random } from './mutations.ts';

export interface FuzzCount {
  readonly cases: number;
  /** Answered with something other than a refusal. */
  readonly passed: number;
}

const AT_ONCE = 128;
/** How often the witness asks before the mutants' connections are closed. By the fortieth time all that would be answered had been. */
const ROUNDS = 100;

export async function fuzzCallers(
  port: number,
  upstream: TestUpstream,
  options: { seed: number; cases: number },
): Promise<FuzzCount> {
  const random = createRandom(options.seed);
  let passed = 0;
  const witness = await connectRaw(port);
  for (let done = 0; done < options.cases; done += AT_ONCE) {
    const texts = Array.from({ length: Math.min(AT_ONCE, options.cases - done) }, () => mutatedRequest(random));
    const exchanges = await Promise.all(texts.map((text) => send(port, text, random)));
    // A mutant may simply be incomplete: nobody waits for an answer, only for everyone to have had the time for one.
    for (let round = 0; round < ROUNDS; round++) await witnessed(witness, done * ROUNDS + round);
    passed += exchanges.filter((received) => received().startsWith('HTTP/1.1 2')).length;
    // Kept only for as long as the witness looks at them.
    upstream.received.length = 0;
  }
  witness.close();
  return { cases: options.cases, passed };
}

async function witnessed(witness: RawConnection, id: number): Promise<void> {
  witness.send(requestText(`/witness/${id}`, { method: 'POST', body: `body ${id}` }));
  const reply = await witness.reply();
  const { target, body } = reply.json<Received>();
  if (target !== `/witness/${id}` || body !== `body ${id}`)
    throw new Error(`the witness ${id} got another's answer: ${reply.body}`);
}

/**
 * Callers of a hostile service (`mutatingUpstream`), each on a connection of its
 * own: whatever it says, every call ends, and `/good` beside it is served.
 */
export async function fuzzReplies(port: number, cases: number): Promise<FuzzCount> {
  let passed = 0;
  const witness = await connectRaw(port);
  for (let done = 0; done < cases; done += AT_ONCE) {
    const replies = await Promise.all(Array.from({ length: Math.min(AT_ONCE, cases - done) }, () => askHostile(port)));
    passed += replies.filter((reply) => reply.startsWith('HTTP/1.1 2')).length;
    witness.send(requestText('/good'));
    const { status } = await witness.reply();
    if (status !== 200) throw new Error(`the witness got ${status}`);
  }
  witness.close();
  return { cases, passed };
}

async function askHostile(port: number): Promise<string> {
  const connection = await connectRaw(port);
  connection.send(requestText('/hostile', { headers: { Connection: 'close' } }));
  const reply = await connection.ended();
  if (!/^(?:HTTP\/1\.1 [1-5]|$)/.test(reply)) throw new Error(`no reply: ${JSON.stringify(reply)}`);
  return reply;
}

/** Configuration with the routes that `fuzzReplies` calls. */
export function hostileRoutes(goodUrl: string, hostileUrl: string): string {
  return `
upstreams:
  good: { targets: ["${goodUrl}"] }
  hostile: { targets: ["${hostileUrl}"], circuit_breaker: off }
routes:
  - { path: /hostile, kind: operations, upstream: hostile, auth: none }
  - { path: /good, kind: operations, upstream: good, auth: none }
log: { access: off }
`;
}

/** Sends `text`, in one or two pieces. The function it resolves with says what came back so far, and closes. */
async function send(port: number, text: string, random: Random): Promise<() => string> {
  const cut = random() < 0.3 ? Math.floor(random() * text.length) : text.length;
  const socket = connect(port, '127.0.0.1');
  let received = '';
  socket.on('data', (bytes) => (received += bytes.toString('latin1')));
  socket.on('error', () => {});
  await new Promise((resolve) => socket.on('connect', resolve).on('close', resolve));
  socket.write(text.slice(0, cut), 'latin1');
  if (cut < text.length) setImmediate(() => socket.write(text.slice(cut), 'latin1'));
  return () => {
    socket.destroy();
    return received;
  };
}

/** An upstream that answers with the next mutant of its seed, whole or in two pieces. */
export function mutatingUpstream(seed: number): (socket: import('node:net').Socket) => void {
  const random = createRandom(seed);
  return (socket) => {
    socket.on('data', () => {
      const text = mutatedReply(random);
      const cut = random() < 0.3 ? Math.floor(random() * text.length) : text.length;
      socket.write(text.slice(0, cut), 'latin1');
      if (cut < text.length) setImmediate(() => socket.write(text.slice(cut), 'latin1'));
      if (random() < 0.5) socket.end();
      else setTimeout(() => socket.destroy(), 10);
    });
  };
}
