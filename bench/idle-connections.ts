/**
 * A program that opens connections, makes one call on each and keeps them all
 * until it is ended. Says `ready` when every one has had its answer.
 *
 *   node bench/idle-connections.ts FILE COUNT    (a `Held` in JSON)
 */
import { readFileSync } from 'node:fs';
import { createCaller } from './caller.ts';
import { requestsOf, type Traffic } from './traffic.ts';

/** What is called over each connection. */
export interface Held {
  readonly port: number;
  readonly tls: boolean;
  readonly traffic: Traffic;
  readonly status: number;
}

/** Opened at once; more only fill the queue of the listener. */
const AT_ONCE = 100;

const { port, tls, traffic, status: wanted } = JSON.parse(readFileSync(process.argv[2]!, 'utf8')) as Held;
const count = Number(process.argv[3]);
const request = requestsOf(traffic, port)[0]!;
let opened = 0;
let answers = 0;

function open(): void {
  opened++;
  createCaller({ port, tls, close: false, answered }).send(request);
}

function answered(_: unknown, status: number): void {
  if (status !== wanted) throw new Error(`a connection was answered with ${status}`);
  answers++;
  if (opened < count) open();
  else if (answers === count) process.stdout.write('ready\n');
}

while (opened < Math.min(AT_ONCE, count)) open();
