/**
 * From a name to what it stands for. What is at fault itself is still known by
 * its name: a reference to it is no second fault. Names nobody refers to are said at the end.
 */
import type { Path, Report } from './faults.ts';
import { suggestion } from './nearest.ts';

export interface References<T> {
  /** `undefined` where the name is unknown, which is then reported, or where what it names is at fault. */
  find(name: string, path: Path): T | undefined;
  has(name: string): boolean;
  reportUnused(): void;
}

/** `what` is one of them in words, `section` where they are defined. */
export function createReferences<T>(
  what: string,
  section: string,
  known: ReadonlyMap<string, T | undefined>,
  report: Report,
): References<T> {
  const used = new Set<string>();
  return {
    find(name, path) {
      if (!known.has(name)) {
        report.error(path, `unknown ${what} ${report.written(path)}; ${suggestion(name, known.keys())}`);
      }
      used.add(name);
      return known.get(name);
    },
    has: (name) => known.has(name),
    reportUnused() {
      for (const name of known.keys()) {
        if (!used.has(name))
          report.warning([section, name], `no route uses the ${what} \`${name}\`; name it in a route, or take it out`);
      }
    },
  };
}
