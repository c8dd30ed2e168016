/** What `gatehouse check --json` prints. Its keys are kept: tools read them. */
import type { Fault } from '../config/faults.ts';
import { ruleOf } from '../config/rules/rules.ts';
import type { RouteSummary } from '../config/summary.ts';

interface Checked {
  readonly ok: boolean;
  readonly faults: readonly Fault[];
  readonly waived: readonly Fault[];
  readonly routes: readonly RouteSummary[];
}

export function checkReport({ ok, faults, waived, routes }: Checked): object {
  return {
    ok,
    faults: faults.filter(({ finding }) => finding === undefined),
    findings: faults.flatMap(findingOf),
    waived: waived.flatMap(findingOf),
    routes,
  };
}

function findingOf({ finding, ...fault }: Fault): object | [] {
  if (finding === undefined) return [];
  const { rule, mend, route, waived } = finding;
  return { rule, ...fault, why: ruleOf(rule).why, mend, route: route ?? null, ...(waived !== undefined && { waived }) };
}
