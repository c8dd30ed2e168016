/** Policy tests, run: every expectation that was not met, as a fault at its place. */
import type { Config } from '../config/config.ts';
import type { Fault } from '../config/faults.ts';
import { suggestion } from '../config/nearest.ts';
import type { Expectation, PolicyTest } from '../config/resolve-tests.ts';
import { play, type Played } from './play.ts';

/** `file` is where the tests stand. */
export async function runTests(
  config: Config,
  { tests, file }: { readonly tests: readonly PolicyTest[]; readonly file: string },
): Promise<readonly Fault[]> {
  const faults: Fault[] = [];
  for (const test of tests) {
    // eslint-disable-next-line no-await-in-loop -- one plan at a time, and whoever is served meanwhile has his turn
    const [played] = await Promise.all([play(config, test), nextTurn()]);
    for (const expectation of test.expectations) {
      const failure = failureOf(expectation, played, config);
      if (failure === undefined) continue;
      const { line, column } = expectation.place;
      faults.push({ file, line, column, severity: 'error', message: `${test.name}: ${failure}` });
    }
  }
  return faults;
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** `expected status 200, came 429 rate_limited`; `undefined` where it came. */
function failureOf(expectation: Expectation, played: Played, config: Config): string | undefined {
  const { what, wanted } = expectation;
  const came = cameFor(expectation, played);
  if (came === wanted) return undefined;
  const isSaid = what === 'code' || (what === 'reason' && came !== null);
  const refused = isSaid ? '' : refusalText(played);
  return `expected ${labelOf(expectation)} ${wanted ?? 'absent'}, came ${came ?? 'none'}${refused}${hint(expectation, played, config)}`;
}

function cameFor(expectation: Expectation, played: Played): string | number | null {
  if (!('name' in expectation)) return played[expectation.what];
  const { what, name } = expectation;
  return (what === 'quota_left' ? played.quotaLeft.get(name) : played[SIDE[what]].get(name.toLowerCase())) ?? null;
}

const SIDE = { headers_to_service: 'toService', headers_to_caller: 'toCaller' } as const;

function labelOf(expectation: Expectation): string {
  if (!('name' in expectation)) return expectation.what;
  const { what, name } = expectation;
  if (what === 'quota_left') return `${what} of ${name}`;
  return `${name} to the ${what === 'headers_to_service' ? 'service' : 'caller'}`;
}

function refusalText({ code, reason }: Played): string {
  return code === null ? '' : ` ${code}${reason === null ? '' : ` (${reason})`}`;
}

/** Where the name itself may be wrong. */
function hint(expectation: Expectation, played: Played, config: Config): string {
  const { what } = expectation;
  if (what !== 'route' && what !== 'quota_left') return '';
  const [name, known] =
    what === 'route'
      ? [expectation.wanted, config.routes.map((route) => route.name)]
      : [expectation.name, [...played.quotaLeft.keys()]];
  return known.includes(name) ? '' : `; ${suggestion(name, known)}`;
}
