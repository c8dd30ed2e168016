import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { whyAbsent } from '../../scripts/parts.ts';
import { startHaproxy, startNginx, startNodeServer, type Server } from '../support/servers.ts';
import { runShapes, type Outcome, type Verdict } from '../support/smuggling-run.ts';
import { SHAPES } from '../support/smuggling.ts';

const page = readFileSync('docs/smuggling.md', 'utf8');

/** The rows that the page has for a service: family, shapes sent, refused, forwarded as one, forwarded as read. */
function rowsOf(service: string): string[] {
  const [, section] = page.split(`## Before ${service}\n`);
  const table = section?.split('\n## ')[0] ?? '';
  const rows = table.split('\n').filter((line) => line.startsWith('|'));
  return rows.slice(2).map((line) => line.replaceAll(/ *\| */g, '|'));
}

function rowsFrom(verdicts: readonly Verdict[]): string[] {
  const families = new Map<string, Record<Outcome, number>>();
  for (const { shape, outcome } of verdicts) {
    const counts = families.get(shape.family) ?? { refused: 0, one: 0, each: 0 };
    counts[outcome]++;
    families.set(shape.family, counts);
  }
  const row = (family: string, { refused, one, each }: Record<Outcome, number>) =>
    `|${family}|${refused + one + each}|${refused}|${one}|${each}|`;
  return [...families].map(([family, counts]) => row(family, counts));
}

async function noneIsSmuggled(service: string, server: Server): Promise<void> {
  try {
    assert.deepEqual(rowsFrom(await runShapes(server, SHAPES)), rowsOf(service));
  } finally {
    await server.stop();
  }
}

test('H1-01 H1-02 H1-03 H1-14 H1-16 H1-17 no shape makes Node see a request that the gateway did not', async () => {
  await noneIsSmuggled('Node', await startNodeServer());
});

test(
  'H1-01 H1-02 H1-03 H1-14 H1-16 H1-17 no shape makes nginx see a request that the gateway did not',
  {
    skip: whyAbsent('nginx'),
  },
  async () => {
    await noneIsSmuggled('nginx', await startNginx());
  },
);

test(
  'H1-01 H1-02 H1-03 H1-14 H1-16 H1-17 no shape makes HAProxy see a request that the gateway did not',
  {
    skip: whyAbsent('haproxy'),
  },
  async () => {
    await noneIsSmuggled('HAProxy', await startHaproxy());
  },
);

test('the page says how many shapes there are', () => {
  assert.ok(page.includes(`**${SHAPES.length} shapes**`), `${SHAPES.length} shapes`);
});
