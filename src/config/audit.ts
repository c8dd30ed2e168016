/**
 * The audit: every rule over a configuration that is otherwise without fault.
 * Errors keep it from being served, at start and at reload alike, unless a
 * waiver lets them pass.
 */
import type { Config } from './config.ts';
import type { Report } from './faults.ts';
import { rules } from './rules/rules.ts';
import type { FileValue } from './schema.ts';
import { readWaivers } from './waivers.ts';

export function audit(config: Config, value: FileValue, report: Report, wallMs: number): void {
  // Without a fault no route is cut out, so the two lists go together.
  const routes = config.routes.map((route, index) => ({
    route,
    value: value.routes![index]!,
    path: ['routes', index],
  }));
  const waivers = readWaivers(value.waive, { rules: rules.map(({ id }) => id), report, wallMs });
  const audited = { config, value, routes, wallMs };
  for (const rule of rules) {
    for (const { path, severity = rule.severity, message, mend, route } of rule.check(audited)) {
      const waived = waivers.reasonFor(rule.id, route?.name);
      report.finding(path, {
        rule: rule.id,
        severity,
        message,
        mend,
        route: route?.name,
        ...(waived !== undefined && { waived }),
      });
    }
  }
  waivers.reportUnused();
}
