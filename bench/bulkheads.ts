/**
 * Two questions about a service that takes longer than it should. One: what do
 * the callers of another service feel while hundreds wait for one that hangs?
 * Two: what does a service give that can do only so much at once, when it is
 * asked for ten times that, with a fixed limit and with one that adapts?
 *
 *   npm run bench:bulkheads -- [--seconds 8]
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { startGatewayProcess, type GatewayProcess } from '../test/support/process.ts';
import { startService, startWitness } from './bystanders.ts';
import { createCaller } from './caller.ts';
import { AT_ONCE, EACH_MS, startLimited } from './limited-service.ts';
import { percentile } from './statistics.ts';

interface Answers {
  readonly good: number[];
  refused: number;
}

/** `callers` who ask again as soon as they are answered, or a little later when they are refused. */
function load(port: number, callers: number): { answers: Answers; stop(): void } {
  const answers: Answers = { good: [], refused: 0 };
  const request = Buffer.from('GET /limited HTTP/1.1\r\nHost: a\r\n\r\n');
  let stopped = false;
  for (let at = 0; at < callers; at++) {
    const caller = createCaller({
      port,
      tls: false,
      close: false,
      answered(answeredCaller, status) {
        if (stopped) return answeredCaller.end();
        const now = performance.now();
        if (status === 200) answers.good.push(now - answeredCaller.dueAt);
        else answers.refused++;
        setTimeout(ask, status === 200 ? 0 : 100);
      },
    });
    const ask = (): void => {
      caller.dueAt = performance.now();
      caller.send(request);
    };
    ask();
  }
  return { answers, stop: () => void (stopped = true) };
}

function startBefore(port: number, other: number, concurrency: string): Promise<GatewayProcess> {
  return startGatewayProcess(`
log: { access: off }
upstreams:
  limited: { targets: ["http://127.0.0.1:${port}"], max_connections: 1000, concurrency: ${concurrency} }
  well: { targets: ["http://127.0.0.1:${other}"] }
routes:
  - { path: /limited, kind: operations, upstream: limited, auth: none }
  - { path: /witness, kind: operations, upstream: well, auth: none }
`);
}

async function p99Of(port: number, seconds: number): Promise<string> {
  const stop = startWitness(port);
  await sleep(seconds * 1000);
  const times = (await stop()).toSorted((a, b) => a - b);
  return `${percentile(times, 0.5).toFixed(2)}, ${percentile(times, 0.99).toFixed(2)}`;
}

async function whileOneHangs(seconds: number): Promise<void> {
  const hanging = await startLimited(true);
  const well = await startService();
  const gateway = await startBefore(hanging.port, well.port, '{}');
  await p99Of(gateway.port, 3);
  const before = await p99Of(gateway.port, seconds);
  const { stop } = load(gateway.port, 600);
  const during = await p99Of(gateway.port, seconds);
  stop();
  console.log('| 600 callers of a service that hangs | p50, p99 of the callers of another (ms) |\n|---|---|');
  console.log(`| before | ${before} |\n| meanwhile | ${during} |\n`);
  await gateway.stop('SIGKILL');
  await well.stop();
  await hanging.stop();
}

async function whileOverloaded(seconds: number): Promise<void> {
  const most = (AT_ONCE * 1000) / EACH_MS;
  console.log(`The service does ${AT_ONCE} at once in ${EACH_MS} ms each, ${most} a second; 200 callers.\n`);
  console.log('| limit | good answers a second | p50, p99 of these (ms) | refused a second |\n|---|---|---|---|');
  for (const [title, concurrency] of [
    ['none to speak of', '{ max: 1000 }'],
    ['fixed, 20', '{ max: 20, queue: 20 }'],
    ['adaptive', '{ max: 1000, queue: 20, adaptive: true }'],
  ] as const) {
    const limited = await startLimited(false);
    const well = await startService();
    const gateway = await startBefore(limited.port, well.port, concurrency);
    const { answers, stop } = load(gateway.port, 200);
    // In which the limit finds its level.
    await sleep(5000);
    answers.good.length = 0;
    answers.refused = 0;
    await sleep(seconds * 1000);
    stop();
    const sorted = answers.good.toSorted((a, b) => a - b);
    const times = `${percentile(sorted, 0.5).toFixed(0)}, ${percentile(sorted, 0.99).toFixed(0)}`;
    const rate = (count: number) => (count / seconds).toFixed(0);
    console.log(`| ${title} | ${rate(sorted.length)} | ${times} | ${rate(answers.refused)} |`);
    await gateway.stop('SIGKILL');
    await well.stop();
    await limited.stop();
  }
}

const { values } = parseArgs({ options: { seconds: { type: 'string', default: '8' } } });
await whileOneHangs(Number(values.seconds));
await whileOverloaded(Number(values.seconds));
process.exit(0);
