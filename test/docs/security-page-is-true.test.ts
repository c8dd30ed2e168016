import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { hostileTokens } from '../support/hostile-tokens.ts';
import { createIssuer } from '../support/issuer.ts';

/** The rows of each table that the page answers for. */
const TABLES = {
  JWT: 44,
  OA: 18,
  JWKS: 14,
  HDR: 19,
  PATH: 24,
  H1: 29,
  RSP: 13,
  H2: 10,
  UPG: 9,
  DOS: 13,
  IP: 8,
  RL: 20,
  CB: 11,
  RT: 13,
  LC: 13,
  CORS: 6,
  OBS: 4,
};
const ID = /[A-Z]+[12]?-\d\d/g;

const page = readFileSync(new URL('../../docs/security.md', import.meta.url), 'utf8');

/** The ids on the lines of `heading`, and before the colons of the list below it. */
function idsUnder(heading: string): string[] {
  const blocks = page.matchAll(new RegExp(String.raw`^${heading}:(.*)\n((?:\n?- .*\n)*)`, 'gm'));
  return [...blocks].flatMap(([, line, list]) =>
    [line!, ...list!.split('\n').map((item) => item.split(':', 1)[0]!)].flatMap((text) => text.match(ID) ?? []),
  );
}

const tested = idsUnder('Tested');
const refused = idsUnder('Refused on purpose');
const left = idsUnder('Left');

test('every row called tested stands in the title of a test', async () => {
  const titles = new Set((await hostileTokens(await createIssuer())).map(({ id }) => id));
  const root = fileURLToPath(new URL('../..', import.meta.url));
  for (const file of globSync(['src/**/*.test.ts', 'test/**/*.test.ts'], { cwd: root })) {
    const text = readFileSync(join(root, file), 'utf8');
    for (const [title] of text.matchAll(/\btest\(\s*(?:`[^`]*`|'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")/g)) {
      for (const id of title.match(ID) ?? []) titles.add(id);
    }
  }
  assert.deepEqual(
    tested.filter((id) => !titles.has(id)),
    [],
  );
});

test('every row of the tables is tested, refused on purpose or left, and the counts are right', () => {
  const rows = Object.entries(TABLES).flatMap(([table, count]) =>
    Array.from({ length: count }, (_, at) => `${table}-${String(at + 1).padStart(2, '0')}`),
  );
  assert.deepEqual([...tested, ...refused, ...left].toSorted(), rows.toSorted());
  const counts = `${rows.length} rows of the tables: ${tested.length} tested, ${refused.length} refused on purpose, ${left.length} left.`;
  assert.ok(page.includes(counts), counts);
});
