/** Records and what is counted of them, as `gatehouse audit` prints them for eyes. */
import type { PlacedRecord, TrailGroup } from '../store/store.ts';
import { type Edge, errorRate } from '../trail/graph.ts';
import type { UnusedScope } from '../trail/unused-scopes.ts';
import { columns, when } from './print.ts';

const HEAD = ['TIME', 'KIND', 'WHO', 'WHAT', 'SCOPES', 'STATUS', 'REFUSAL'];
/** Of columns whose rows come one by one. */
const WIDTHS = [20, 14, 24, 28, 24, 6, 0];

export function recordsText(records: readonly PlacedRecord[]): string {
  return columns(HEAD, records.map(cellsOf));
}

export function lineOf(record: PlacedRecord): string {
  const cells = cellsOf(record).map((cell, at) => cell.padEnd(WIDTHS[at]!));
  return `${cells.join('  ').trimEnd()}\n`;
}

function cellsOf({ event }: PlacedRecord): readonly string[] {
  const refusal = [event.refusal, event.detail].filter(Boolean).join(': ');
  return [
    when(event.at),
    event.kind,
    event.client ?? event.subject ?? event.by ?? '-',
    [event.method, event.route].filter(Boolean).join(' ') || '-',
    (event.scopes ?? []).join(' ') || '-',
    String(event.status ?? '-'),
    refusal || '-',
  ].map(visible);
}

export function edgesText(edges: readonly Edge[]): string {
  const rows = edges.map((edge) => [
    visible(edge.client),
    edge.route,
    edge.upstream ?? '-',
    String(edge.calls),
    errorRate(edge),
    when(edge.lastAt),
  ]);
  return columns(['CLIENT', 'ROUTE', 'UPSTREAM', 'CALLS', 'ERRORS', 'LAST SEEN'], rows);
}

export function refusalsText(groups: readonly TrailGroup[]): string {
  const rows = groups.map(({ refusal, detail, client, route, calls, lastAt }) => [
    visible([refusal, detail].filter(Boolean).join(': ')),
    visible(client ?? '-'),
    route ?? '-',
    String(calls),
    when(lastAt),
  ]);
  return columns(['REFUSAL', 'CLIENT', 'ROUTE', 'TIMES', 'LAST SEEN'], rows);
}

export function scopesText(unused: readonly UnusedScope[]): string {
  const rows = unused.map(({ client, scope, lastAt }) => [
    client,
    scope,
    lastAt === undefined ? 'never' : when(lastAt),
  ]);
  return columns(['CLIENT', 'SCOPE', 'LAST USED'], rows);
}

/** What a caller sent must not speak to the terminal. */
function visible(text: string): string {
  return text.replaceAll(
    /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu,
    (character) => `\\u{${character.codePointAt(0)!.toString(16)}}`,
  );
}
