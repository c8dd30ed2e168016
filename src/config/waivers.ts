/**
 * Findings that somebody has looked at and lets pass: with a reason, and until a
 * day, because reasons grow old. A waiver that says less than that, or that
 * nothing is found for, is a fault itself.
 */
import type { Fault, Report } from './faults.ts';
import { suggestion } from './nearest.ts';
import type { FileValue } from './schema.ts';

const DAY_MS = 86_400_000;

export interface Waivers {
  /** The reason why this finding is let pass; `undefined`: it is not. */
  reasonFor(rule: string, route: string | undefined): string | undefined;
  /** Says what was waived for nothing. */
  reportUnused(): void;
}

interface Waiver {
  readonly index: number;
  readonly rule: string;
  readonly route: string | undefined;
  readonly reason: string;
  used: boolean;
}

export function readWaivers(
  values: FileValue['waive'],
  { rules, report, wallMs }: { readonly rules: readonly string[]; readonly report: Report; readonly wallMs: number },
): Waivers {
  const waivers = values.flatMap((value, index): Waiver | [] => {
    if (value === undefined) return [];
    const path = ['waive', index];
    const { rule, route, reason, until } = value;
    for (const key of ['rule', 'reason', 'until'] as const) {
      if (value[key] === undefined) {
        report.error(path, `the waiver has no \`${key}\`; write \`{ rule: ID, reason: WHY, until: 2027-01-31 }\``);
      }
    }
    if (rule === undefined || reason === undefined || until === undefined) return [];
    if (!rules.includes(rule)) {
      report.error([...path, 'rule'], `there is no rule \`${rule}\`; ${suggestion(rule, rules)}`);
      return [];
    }
    const endMs = Date.parse(`${until}T00:00:00Z`) + DAY_MS;
    if (Number.isNaN(endMs)) {
      report.error([...path, 'until'], `\`${until}\` is no day; write one as in \`2027-01-31\``);
      return [];
    }
    if (wallMs < endMs) return { index, rule, route, reason, used: false };
    report.warning(
      [...path, 'until'],
      `the waiver of \`${rule}\` ended on ${until}; mend what it is for, or say why it goes on`,
    );
    return [];
  });
  return {
    reasonFor(rule, route) {
      const found = waivers.find((one) => one.rule === rule && (one.route === undefined || one.route === route));
      if (found !== undefined) found.used = true;
      return found?.reason;
    },
    reportUnused() {
      for (const { index, rule, used } of waivers) {
        if (!used)
          report.warning(['waive', index], `nothing is found that \`${rule}\` would be waived for; take it out`);
      }
    },
  };
}

export function isWaived({ finding }: Fault): boolean {
  return finding?.waived !== undefined;
}
