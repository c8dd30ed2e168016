/**
 * Mutants for as long as one likes: `npm run fuzz -- --minutes 10 --seed 7`.
 * Parsers alone, parsers against Node's, callers, services and soaks on sockets in
 * turn, each with the next seed; `--only differential,parsers` leaves some out.
 * Stops at the first broken rule, and says the seed that made it.
 * `--only soak --exchanges 100000 --minutes 0` is one soak of that many exchanges.
 */
import { parseArgs } from 'node:util';
import { startGateway } from '../support/gateway.ts';
import { openRoute } from '../support/open-route.ts';
import { startUpstream } from '../support/upstream.ts';
import { fuzzCallers, fuzzReplies, hostileRoutes, mutatingUpstream } from './callers.ts';
import { fuzzDifferential } from './differential.ts';
import { fuzzParsers } from './parsers.ts';
import { soak, type SoakCount } from './soak.ts';
import { soakStreams } from './soak-streams.ts';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '1' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    only: { type: 'string', default: 'parsers,differential,callers,replies,soak,streams' },
    exchanges: { type: 'string', default: '5000' },
  },
});
const PARSERS = 300_000;
const DIFFERENTIAL = 100_000;
const CALLERS = 6400;
const REPLIES = 6400;
const STREAMS = 3000;

const upstream = await startUpstream();
const gateway = await startGateway(openRoute(upstream.url, 'log: { access: off }'));
const hostile = await startUpstream({ behaviour: mutatingUpstream(Number(values.seed)) });
const exposed = await startGateway(hostileRoutes(upstream.url, hostile.url));

/** What a round runs of each kind, and how. */
const kinds = new Map<string, (seed: number) => Promise<number>>([
  ['parsers', (seed) => Promise.resolve(fuzzParsers(seed, PARSERS)).then(() => PARSERS)],
  ['differential', (seed) => fuzzDifferential(seed, DIFFERENTIAL).then(({ cases }) => cases)],
  ['callers', (seed) => fuzzCallers(gateway.port, upstream, { seed, cases: CALLERS }).then(({ cases }) => cases)],
  ['replies', () => fuzzReplies(exposed.port, REPLIES).then(({ cases }) => cases)],
  ['soak', (seed) => soak({ exchanges: Number(values.exchanges), seed }).then(soaked)],
  ['streams', (seed) => soakStreams({ exchanges: STREAMS, seed }).then(({ exchanges }) => exchanges)],
]);

/** Says how they ended. */
function soaked({ exchanges, whole, refused, cut, left }: SoakCount): number {
  process.stdout.write(`\rof ${exchanges} exchanges ${whole} whole, ${refused} refused, ${cut} cut, ${left} left\n`);
  return exchanges;
}

const chosen = values.only.split(',');
const unknown = chosen.find((kind) => !kinds.has(kind));
if (unknown !== undefined) throw new Error(`--only takes ${[...kinds.keys()].join(', ')}; ${unknown} is none of them`);

const counts = new Map(chosen.map((kind) => [kind, 0]));
const report = () => [...counts].map(([kind, count]) => `${kind} ${count}`).join(', ');
const until = Date.now() + Number(values.minutes) * 60_000;
let seed = Number(values.seed);
try {
  // At least one round.
  do {
    for (const kind of chosen) {
      counts.set(kind, counts.get(kind)! + (await kinds.get(kind)!(seed)));
      process.stdout.write(`\rseed ${seed}: ${report()} `);
    }
    seed++;
  } while (Date.now() < until);
  console.log(`\n${report()} cases up to seed ${seed - 1}: nothing found`);
} catch (error) {
  console.error(`\nseed ${seed}:`, error);
  process.exitCode = 1;
} finally {
  await Promise.all([gateway.close(), exposed.close(), upstream.close(), hostile.close()]);
}
