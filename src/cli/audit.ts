/** `gatehouse audit`: what the trail says of who called whom, and whether anybody has been at it. */
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { DURATION, durationMs } from '../config/units.ts';
import { suggestion } from '../config/nearest.ts';
import type { PlacedRecord, TrailQuery } from '../store/store.ts';
import { followTrail } from '../trail/follow.ts';
import { dotOf, edgesOf, mermaidOf } from '../trail/graph.ts';
import { unusedScopes } from '../trail/unused-scopes.ts';
import { verifyTrail } from '../trail/verify.ts';
import { edgesText, lineOf, recordsText, refusalsText, scopesText } from './audit-text.ts';
import { atDesk, DESK_OPTIONS, type OpenDesk } from './desk.ts';
import { readTime } from './option-values.ts';
import { printJson } from './print.ts';
import { type Command, type ExitCode, type Terminal, UsageError } from './terminal.ts';

const options = {
  ...DESK_OPTIONS,
  client: { type: 'string' },
  route: { type: 'string' },
  kind: { type: 'string', multiple: true },
  refusal: { type: 'string' },
  refused: { type: 'boolean' },
  since: { type: 'string' },
  until: { type: 'string' },
  limit: { type: 'string' },
  follow: { type: 'boolean' },
  format: { type: 'string' },
  unused: { type: 'string' },
} as const;

type Values = ReturnType<typeof parse>['values'];
type Option = keyof Values;

interface Job {
  readonly desk: OpenDesk;
  readonly terminal: Terminal;
  readonly values: Values;
  readonly query: TrailQuery;
}

interface Action {
  readonly takes: readonly Option[];
  readonly run: (job: Job) => Promise<ExitCode>;
}

const SELECTING = ['client', 'route', 'since', 'until'] as const;
const actions = new Map<string, Action>([
  ['', { takes: [...SELECTING, 'kind', 'refusal', 'refused', 'limit', 'follow'], run: list }],
  ['refusals', { takes: [...SELECTING, 'refusal'], run: refusals }],
  ['graph', { takes: [...SELECTING, 'format'], run: graph }],
  ['scopes', { takes: ['unused'], run: scopes }],
  ['verify', { takes: [], run: verify }],
]);

const FORMATS = ['text', 'mermaid', 'dot'];
const LIMIT = '100';
const UNUSED_DAYS = '30';
const DAY_MS = 86_400_000;
const LOOK_EVERY_MS = 500;

export const audit: Command = {
  usage: 'audit [refusals|graph|scopes|verify]  who called whom, and whether anybody has changed what says so',
  async run(args, terminal) {
    const { values, positionals } = parse(args);
    const [name = '', ...rest] = positionals;
    const action = actions.get(name);
    if (action === undefined) {
      throw new UsageError(`no command \`audit ${name}\`; ${suggestion(name, [...actions.keys()].slice(1))}`);
    }
    if (rest.length > 0) throw new UsageError(`audit ${name} takes options alone`);
    const allowed = new Set<string>([...action.takes, 'config', 'json']);
    const extra = Object.keys(values).find((key) => !allowed.has(key));
    if (extra !== undefined) throw new UsageError(`\`audit ${name}\` has no --${extra}`);
    const query = queryOf(values, terminal.wall());
    readCount('unused', values.unused ?? UNUSED_DAYS);
    if (values.format !== undefined && !FORMATS.includes(values.format)) {
      throw new UsageError(`--format is one of ${FORMATS.join(', ')}`);
    }
    return await atDesk(values.config, terminal, (desk) => action.run({ desk, terminal, values, query }));
  },
};

function parse(args: readonly string[]) {
  return parseArgs({ args: [...args], allowPositionals: true, options });
}

function queryOf(values: Values, now: number): TrailQuery {
  const { kind, client, route, refusal, refused, since, until } = values;
  return {
    ...(kind !== undefined && { kinds: kind }),
    ...(client !== undefined && { client }),
    ...(route !== undefined && { route }),
    ...(refusal !== undefined && { refusal }),
    ...(refused !== undefined && { refusedOnly: refused }),
    ...(since !== undefined && { since: readMoment('since', since, now) }),
    ...(until !== undefined && { until: readMoment('until', until, now) }),
    limit: readCount('limit', values.limit ?? LIMIT),
  };
}

/** A time, or how long ago it was. */
function readMoment(option: string, text: string, now: number): number {
  return DURATION.test(text) ? now - durationMs(text) : readTime(option, text);
}

function readCount(option: string, text: string): number {
  if (!/^[1-9]\d{0,6}$/.test(text)) throw new UsageError(`--${option} is a number from 1 to 9999999`);
  return Number(text);
}

async function list({ desk: { store }, terminal, values, query }: Job): Promise<ExitCode> {
  if (values.follow === true) {
    const pause = (): Promise<boolean> => sleep(LOOK_EVERY_MS, true);
    for await (const record of followTrail(store, query, pause)) {
      terminal.out(values.json ? `${JSON.stringify(record)}\n` : lineOf(record));
    }
    return 0;
  }
  const records: PlacedRecord[] = [];
  for await (const record of store.trail(query)) records.push(record);
  if (values.json) return printJson(terminal, records);
  terminal.out(recordsText(records));
  return 0;
}

async function refusals({ desk: { store }, terminal, values, query }: Job): Promise<ExitCode> {
  const groups = await store.trailGroups({ ...query, refusedOnly: true });
  const most = groups.toSorted((one, other) => other.calls - one.calls);
  if (values.json) return printJson(terminal, most);
  terminal.out(refusalsText(most));
  return 0;
}

async function graph({ desk: { store }, terminal, values, query }: Job): Promise<ExitCode> {
  const edges = edgesOf(await store.trailGroups({ ...query, kinds: ['call'] }));
  if (values.json) return printJson(terminal, edges);
  const write = values.format === 'mermaid' ? mermaidOf : values.format === 'dot' ? dotOf : edgesText;
  terminal.out(write(edges));
  return 0;
}

async function scopes({ desk, terminal, values }: Job): Promise<ExitCode> {
  const { store, oauth2, issuer } = desk;
  const since = desk.now() - Number(values.unused ?? UNUSED_DAYS) * DAY_MS;
  const stored = (await store.clients()).filter(({ state }) => state !== 'revoked');
  const groups = await store.trailGroups({ kinds: ['call'] });
  const unused = unusedScopes([...oauth2.clients, ...stored], groups, { issuer, since });
  if (values.json) return printJson(terminal, unused);
  terminal.out(scopesText(unused));
  return 0;
}

async function verify({ desk: { store }, terminal, values }: Job): Promise<ExitCode> {
  const verdict = await verifyTrail(store);
  const { records, writers, faults } = verdict;
  if (values.json) printJson(terminal, verdict);
  else if (faults.length === 0) terminal.out(`${records} records of ${writers} writers, each where it was written\n`);
  else for (const { writer, sequence, what } of faults) terminal.out(`record ${sequence} of ${writer}: ${what}\n`);
  return faults.length === 0 ? 0 : 1;
}
