/**
 * Mutants for as long as one likes: `npm run fuzz -- --minutes 10 --seed 7`.
 * Stops at the first that breaks a rule, and says the seed that made it.
 */
import { parseArgs } from 'node:util';
import { startGateway } from '../support/gateway.ts';
import { openRoute } from '../support/open-route.ts';
import { startUpstream } from '../support/upstream.ts';
import { fuzzCallers, mutatingUpstream } from './callers.ts';
import { fuzzParsers } from './parsers.ts';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '1' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
  },
});
const until = Date.now() + Number(values.minutes) * 60_000;
let seed = Number(values.seed);
let cases = 0;

const upstream = await startUpstream();
const gateway = await startGateway(openRoute(upstream.url, 'log: { access: off }'));
const hostile = await startUpstream({ behaviour: mutatingUpstream(seed) });
const exposed = await startGateway(openRoute(hostile.url, 'log: { access: off }'));
try {
  for (; Date.now() < until; seed++) {
    process.stdout.write(`\rseed ${seed}, ${cases} cases `);
    fuzzParsers(seed, 300_000);
    await fuzzCallers(gateway.port, upstream, { seed, cases: 6400 });
    cases += 306_400;
  }
  console.log(`\n${cases} cases, nothing found`);
} catch (error) {
  console.error(`\nseed ${seed}:`, error);
  process.exitCode = 1;
} finally {
  await Promise.all([gateway.close(), exposed.close(), upstream.close(), hostile.close()]);
}
