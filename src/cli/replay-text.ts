/** What `gatehouse replay` prints for eyes: who would have been refused, who asks the most, which quota would do. */
import type { LimitReport, ReplayReport } from '../replay/report.ts';
import { columns } from './print.ts';

export function replayText(report: ReplayReport, target: number): string {
  const { requests, from, to, unnamed, out_of_order: late, addresses } = report;
  const parts = [
    `${count(requests)} requests from ${from ?? 'never'} to ${to ?? 'never'}\n`,
    columns(
      ['ROUTE', 'REQUESTS', 'WOULD BE REFUSED', 'SHARE'],
      report.routes.map((route) => {
        const refused = Object.values(route.refused).reduce((sum, one) => sum + one, 0);
        const codes = Object.entries(route.refused).map(([code, one]) => `${code} ${count(one)}`);
        return [route.route, count(route.requests), codes.join(', ') || 'none', share(refused, route.requests)];
      }),
    ),
  ];
  if (report.limits.length > 0) {
    parts.push(
      columns(
        ['LIMIT', 'QUOTA', 'CALLERS', 'REQUESTS', 'WOULD BE REFUSED', `FOR AT MOST ${percent(target)}`],
        report.limits.map((one) => [
          one.mode === 'observe' ? `${one.limit} (observe)` : one.limit,
          one.quota,
          count(one.callers),
          count(one.requests),
          `${count(one.refused)} (${share(one.refused, one.requests)})`,
          one.suggested_quota,
        ]),
      ),
    );
  }
  for (const limit of report.limits) parts.push(...callersText(limit));
  if (addresses.with_users > 0) {
    parts.push(
      `${count(addresses.shared)} of ${count(addresses.with_users)} addresses have more than one user\n` +
        addresses.most_users.map(({ address, users }) => `  ${address}: ${count(users)}\n`).join(''),
    );
  }
  const notes: string[] = [];
  if (unnamed > 0) {
    notes.push(
      `${count(unnamed)} requests of routes that ask for a token name no user: they were counted by address.\n`,
    );
  }
  if (late > 0) notes.push(`${count(late)} lines are older than one before them: they were counted at its time.\n`);
  if (notes.length > 0) parts.push(notes.join(''));
  return parts.join('\n');
}

/** Who is refused is who matters; where nobody is, who comes nearest to it. */
function callersText({ limit, quota, peaks, most_refused: refused }: LimitReport): readonly string[] {
  const callers = refused.length > 0 ? refused : peaks;
  if (callers.length === 0) return [];
  return [
    columns(
      [`CALLERS OF ${limit} ${quota}`, 'REQUESTS', 'REFUSED', 'MOST IN A WINDOW', 'AT'],
      callers.map((one) => [one.caller, count(one.requests), count(one.refused), count(one.peak), one.peak_at]),
    ),
  ];
}

function count(value: number): string {
  return value.toLocaleString('en');
}

function share(part: number, whole: number): string {
  return percent(whole === 0 ? 0 : part / whole);
}

function percent(value: number): string {
  return `${Number((value * 100).toFixed(3))} %`;
}
