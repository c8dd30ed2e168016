/**
 * Sends shapes through the gateway to a service and compares what each of the
 * two took for requests. Every lane has a gateway of its own with one connection
 * to the service, and behind every shape a stranger asks over that connection:
 * bytes left over, or an answer too many, would be the stranger's.
 */
import { connect } from 'node:net';
import { connectRaw } from './client.ts';
import { startGateway, type TestGateway } from './gateway.ts';
import { openRoute } from './open-route.ts';
import type { Server } from './servers.ts';
import type { Shape } from './smuggling.ts';

/** What became of a shape: nothing of it was forwarded, one request was, or each that the gateway itself had read. */
export type Outcome = 'refused' | 'one' | 'each';

export interface Verdict {
  readonly shape: Shape;
  readonly outcome: Outcome;
}

const LANES = 8;

/** Throws on the first request that the service saw and the gateway did not, and on any answer that went astray. */
export async function runShapes(server: Server, shapes: readonly Shape[]): Promise<Verdict[]> {
  const before = server.lines().length;
  const parts = Array.from({ length: LANES }, (_, lane) => shapes.filter((_shape, at) => at % LANES === lane));
  const read = new Map<string, GatewayLine[]>();
  await Promise.all(parts.map((part) => runLane(server, part, read)));
  await lastLine(server);

  const taken = new Map<string, string[]>();
  for (const line of server.lines().slice(before)) {
    const id = /^[A-Z]+ \/(?:s|smuggled|last|witness)\/(\w+)/.exec(line)?.[1];
    if (id === undefined) throw new Error(`the service read what nobody sent: ${JSON.stringify(line)}`);
    taken.set(id, [...(taken.get(id) ?? []), line]);
  }
  return shapes.map((shape) => ({ shape, outcome: judge(shape, read.get(shape.id) ?? [], taken.get(shape.id) ?? []) }));
}

interface GatewayLine {
  readonly line: string;
  /** The gateway let it through whole; otherwise the service may have seen its head. */
  readonly whole: boolean;
}

async function runLane(server: Server, shapes: readonly Shape[], read: Map<string, GatewayLine[]>): Promise<void> {
  const gateway = await startGateway(laneConfiguration(server.url));
  const witness = await connectRaw(gateway.port);
  for (const { id, bytes } of shapes) {
    await exchange(gateway, `${bytes}GET /last/${id} HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n`);
    witness.send(`GET /witness/${id} HTTP/1.1\r\nHost: a.test\r\n\r\n`);
    const { status, body } = await witness.reply();
    if (status !== 200 || body !== `GET /witness/${id}`) {
      throw new Error(`shape ${id}: the stranger got ${status} ${body} for ${JSON.stringify(bytes)}`);
    }
  }
  witness.close();
  await gateway.close();
  for (const line of gateway.accessText().split('\n').slice(0, -1)) {
    const { method, path, refusal } = JSON.parse(line) as Record<string, string | null>;
    const id = /^\/(?:s|smuggled|last|witness)\/(\w+)/.exec(path ?? '')?.[1];
    if (id === undefined) continue;
    read.set(id, [...(read.get(id) ?? []), { line: `${method} ${path}`, whole: typeof refusal !== 'string' }]);
  }
}

function laneConfiguration(url: string): string {
  return openRoute(url, 'timeouts: { head: 300ms, body: 300ms }').replace(
    'service: { ',
    'service: { max_connections: 1, ',
  );
}

/** Resolves once the gateway has closed the connection, as it must. */
function exchange({ port }: TestGateway, bytes: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes, 'latin1'));
    const timer = setTimeout(() => reject(new Error(`left open: ${JSON.stringify(bytes)}`)), 5000);
    socket.resume();
    socket.on('error', () => {});
    socket.on('close', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}

function judge(shape: Shape, read: readonly GatewayLine[], taken: readonly string[]): Outcome {
  const left = [...taken];
  for (const { line, whole } of read) {
    const at = left.indexOf(line);
    if (at !== -1) left.splice(at, 1);
    else if (whole) throw new Error(`shape ${shape.id}: the service did not see ${line}`);
  }
  if (left.length > 0) {
    throw new Error(`shape ${shape.id}: the gateway did not see ${left.join(', ')} in ${JSON.stringify(shape.bytes)}`);
  }
  const forwarded = read.filter(({ line, whole }) => whole && /^[A-Z]+ \/(?:s|smuggled)\//.test(line));
  if (forwarded.length === 0) return 'refused';
  return forwarded.length === 1 ? 'one' : 'each';
}

/** Waits until the service has written down everything up to a request of our own. */
async function lastLine(server: Server): Promise<void> {
  await fetch(`${server.url}/last/end`).then((reply) => reply.text());
  while (!server.lines().includes('GET /last/end')) await new Promise((resolve) => setTimeout(resolve, 10));
}
