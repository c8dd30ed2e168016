/** CORS, of a route or of the file: which pages of other origins may read replies. */
import type { CorsConfig } from './config.ts';
import type { Path, Report } from './faults.ts';
import { originFault } from './patterns.ts';
import type { CorsValue } from './schema-route.ts';
import { durationMs } from './units.ts';

export function resolveCors(value: CorsValue, path: Path, report: Report): CorsConfig {
  const origins = present(value.origins ?? []);
  for (const [index, origin] of (value.origins ?? []).entries()) {
    if (origin === undefined) continue;
    const at = [...path, 'origins', index];
    const fault = originFault(origin);
    if (fault !== undefined) report.error(at, `the origin ${report.written(at)} cannot be used; ${fault}`);
    if (origin === '*' && value.credentials) {
      // Fetch standard, "CORS protocol and credentials": no browser would honour it, and echoing the origin instead is a hole.
      report.error(
        at,
        '`*` with `credentials` would let any page act as its reader; name the origins, or leave `credentials` out',
      );
    }
  }
  if (origins.length === 0) {
    report.error(
      [...path, 'origins'],
      '`cors` allows no origin; write `origins: [https://app.example.com]`, or `cors: none`',
    );
  }
  for (const [key, names] of [
    ['headers', value.headers],
    ['expose_headers', value.expose_headers],
  ] as const) {
    const star = names.indexOf('*');
    if (star !== -1)
      report.error(
        [...path, key, star],
        `\`${key}\` holds \`*\`, which browsers read in different ways; name each header`,
      );
  }
  return {
    origins,
    methods: present(value.methods),
    headers: present(value.headers.map((name) => name?.toLowerCase())),
    exposeHeaders: present(value.expose_headers),
    credentials: value.credentials,
    maxAgeMs: durationMs(value.max_age),
  };
}

function present(list: readonly (string | undefined)[]): readonly string[] {
  return [...new Set(list.filter((item) => item !== undefined))];
}
