/** `gatehouse audit`: what the trail says of who called whom, and whether anybody has been at it. */
import { parseArgs } from 'node:util';
import { verifyTrail } from '../trail/verify.ts';
import type { PlacedRecord, TrailQuery } from '../store/store.ts';
import { atDesk, DESK_OPTIONS, type OpenDesk } from './desk.ts';
import { readTime } from './option-values.ts';
import { columns, printJson, when } from './print.ts';
import { type Command, type ExitCode, type Terminal, UsageError } from './terminal.ts';

const options = {
  ...DESK_OPTIONS,
  client: { type: 'string' },
  route: { type: 'string' },
  kind: { type: 'string', multiple: true },
  refused: { type: 'boolean', default: false },
  since: { type: 'string' },
  until: { type: 'string' },
  limit: { type: 'string', default: '100' },
} as const;

export const audit: Command = {
  usage: 'audit [verify]  who called whom, newest last; or whether a record was changed or removed',
  async run(args, terminal) {
    const { values, positionals } = parseArgs({ args: [...args], allowPositionals: true, options });
    const [action, ...rest] = positionals;
    if ((action !== undefined && action !== 'verify') || rest.length > 0) {
      throw new UsageError(`audit takes \`verify\` or nothing, not \`${positionals.join(' ')}\``);
    }
    if (!/^[1-9]\d{0,6}$/.test(values.limit)) throw new UsageError('--limit is a number from 1 to 9999999');
    const query: TrailQuery = {
      ...(values.kind && { kinds: values.kind }),
      ...(values.client !== undefined && { client: values.client }),
      ...(values.route !== undefined && { route: values.route }),
      ...(values.since !== undefined && { since: readTime('since', values.since) }),
      ...(values.until !== undefined && { until: readTime('until', values.until) }),
      refusedOnly: values.refused,
      limit: Number(values.limit),
    };
    return await atDesk(values.config, terminal, (desk) =>
      action === 'verify' ? verify(desk, terminal, values.json) : list(desk, query, { terminal, json: values.json }),
    );
  },
};

async function list(
  { store }: OpenDesk,
  query: TrailQuery,
  { terminal, json }: { readonly terminal: Terminal; readonly json: boolean },
): Promise<ExitCode> {
  const records: PlacedRecord[] = [];
  for await (const record of store.trail(query)) records.push(record);
  if (json) return printJson(terminal, records);
  const rows = records.map(({ event }) => [
    when(event.at),
    event.kind,
    event.client ?? event.subject ?? event.by ?? '-',
    [event.method, event.route].filter(Boolean).join(' ') || '-',
    (event.scopes ?? []).join(' ') || '-',
    String(event.status ?? '-'),
    event.refusal ?? event.detail ?? '-',
  ]);
  terminal.out(columns(['TIME', 'KIND', 'WHO', 'WHAT', 'SCOPES', 'STATUS', 'REFUSAL'], rows));
  return 0;
}

async function verify({ store }: OpenDesk, terminal: Terminal, json: boolean): Promise<ExitCode> {
  const verdict = await verifyTrail(store);
  const { records, writers, faults } = verdict;
  if (json) printJson(terminal, verdict);
  else if (faults.length === 0) terminal.out(`${records} records of ${writers} writers, each where it was written\n`);
  else for (const { writer, sequence, what } of faults) terminal.out(`record ${sequence} of ${writer}: ${what}\n`);
  return faults.length === 0 ? 0 : 1;
}
