/**
 * What a record of the trail costs the thread that serves requests: noted,
 * chained, hashed and handed to the thread of the store. `npm run bench:trail`.
 * What that other thread does with the disk is not in it.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createPrincipal } from '../src/auth/principal.ts';
import { createCallNote } from '../src/issuer/call-note.ts';
import type { Passage } from '../src/passage.ts';
import { openStore } from '../src/store/open.ts';
import { createTrail } from '../src/trail/trail.ts';
import { systemClock } from '../src/world.ts';

const [ROUNDS, RECORDS] = [15, 20_000];

const folder = mkdtempSync(join(tmpdir(), 'gatehouse-'));
const store = await openStore(`sqlite:${folder}/gatehouse.db`);
const trail = createTrail(store, { clock: systemClock, log: () => {} }, { maxAgeMs: 1e12, maxRecords: 1e9 });
const note = createCallNote(trail.note, systemClock);
const principal = createPrincipal({
  iss: 'https://gateway.internal',
  sub: 'reports-7f3k9q2mzd',
  client_id: 'reports-7f3k9q2mzd',
  jti: 'b7b4dd7e-1111-4d6c-9a61-6b9dfb1f2a11',
  scope: 'billing:read billing:write',
  exp: 2e9,
});
const route = { name: '/billing/*', upstream: { name: 'billing' }, scopesFor: () => ['billing:read'] };
const ending = { status: 200, refusal: undefined, reason: undefined, durationMs: 1.2345 };

function passage(id: number): Passage {
  const tail = String(id).padStart(12, '0');
  const requestId = `0f8fad5b-d9cb-469f-a165-${tail}`;
  const traceparent = `00-4bf92f3577b34da6a3ce929d0e0e4736-0000${tail}-01`;
  return { request: { method: 'GET' }, route, requestId, traceparent } as unknown as Passage;
}

async function round(): Promise<number> {
  const passages = Array.from({ length: RECORDS }, (_, id) => passage(id));
  const until = trail.written() + RECORDS;
  const before = process.threadCpuUsage();
  for (const one of passages) note(one, principal, ending);
  while (trail.written() < until) await new Promise((resolve) => setTimeout(resolve, 20));
  const { user, system } = process.threadCpuUsage(before);
  return (user + system) / RECORDS;
}

const costs: number[] = [];
for (let at = 0; at < ROUNDS; at++) costs.push(await round());
costs.sort((a, b) => a - b);
await trail.close();
await store.close();
rmSync(folder, { recursive: true });
console.log(`${cpus()[0]?.model}, Node ${process.version}`);
console.log(`${ROUNDS} rounds of ${RECORDS} records, µs of CPU for each record, in the thread that serves requests`);
console.log(
  `least ${costs[0]!.toFixed(1)}, median ${costs[ROUNDS >> 1]!.toFixed(1)}, most ${costs.at(-1)!.toFixed(1)}`,
);
