import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fuzzCallers, fuzzReplies, hostileRoutes, mutatingUpstream } from '../fuzz/callers.ts';
import { fuzzParsers } from '../fuzz/parsers.ts';
import { startGateway } from '../support/gateway.ts';
import { openRoute } from '../support/open-route.ts';
import { startUpstream } from '../support/upstream.ts';

const SEED = 20_261_124;

test('H1-28 180,000 mutated heads and bodies are read the same however they are cut or written', () => {
  const accepted = fuzzParsers(SEED, 180_000);
  assert.ok(accepted > 10_000, `only ${accepted} were accepted: the mutants are too wild to tell anything`);
});

test('H1-28 16,000 mutated requests over sockets leave a well-behaved caller its own answers', async () => {
  const upstream = await startUpstream();
  const gateway = await startGateway(openRoute(upstream.url));
  const { passed } = await fuzzCallers(gateway.port, upstream, { seed: SEED, cases: 16_000 });
  assert.ok(passed > 1000, `only ${passed} reached the upstream`);
  assert.deepEqual(
    gateway.events.filter(({ level }) => level === 'error'),
    [],
  );
  await gateway.close();
  await upstream.close();
});

test('RSP-01 8,000 mutated replies end in a whole reply, a 502 or a cut connection, and every caller gets one of its own', async () => {
  const good = await startUpstream();
  const hostile = await startUpstream({ behaviour: mutatingUpstream(SEED) });
  const gateway = await startGateway(hostileRoutes(good.url, hostile.url));
  const { passed } = await fuzzReplies(gateway.port, 8000);
  assert.ok(passed > 1000, `only ${passed} were passed on`);
  assert.deepEqual(
    gateway.events.filter(({ level }) => level === 'error'),
    [],
  );
  await gateway.close();
  await good.close();
  await hostile.close();
});
