/**
 * Routes that nothing tells apart: which of the two serves a request would be
 * chance. One map look-up for each host and method of each route.
 */
import type { Report } from './faults.ts';
import { shapeOf } from './patterns.ts';
import type { RouteReading } from './resolve-routes.ts';

export function reportIndistinct(readings: readonly RouteReading[], report: Report): void {
  const taken = new Map<string, RouteReading>();
  for (const reading of readings) {
    if (reading.pattern === undefined) continue;
    const { hosts, methods } = reading.pattern;
    const shape = shapeOf(reading.pattern.path);
    let other: RouteReading | undefined;
    for (const host of hosts.length === 0 ? [''] : hosts) {
      // A method that is named is more specific than any method: those two are told apart.
      for (const method of methods.length === 0 ? [''] : methods) {
        const key = `${method} ${host} ${shape}`;
        other ??= taken.get(key);
        if (!taken.has(key)) taken.set(key, reading);
      }
    }
    if (other !== undefined) {
      const { line, column } = report.placeOf(other.path);
      report.error(
        [...reading.path, 'path'],
        `nothing tells this route from the one at line ${line}, column ${column} (\`${other.pattern?.path ?? ''}\`): host, path and a method are the same; change one of them`,
      );
    }
  }
}

/** Logs and metrics call routes by name: two of one name would be one. */
export function reportSameNames(names: readonly (string | undefined)[], report: Report): void {
  const first = new Map<string, number>();
  for (const [index, name] of names.entries()) {
    if (name === undefined) continue;
    const before = first.get(name);
    if (before === undefined) first.set(name, index);
    else {
      const { line } = report.placeOf(['routes', before, 'name']);
      report.error(
        ['routes', index, 'name'],
        `the route at line ${line} is named ${report.written(['routes', index, 'name'])} too; choose another name`,
      );
    }
  }
}
