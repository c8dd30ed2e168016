/**
 * From what the schema finds to faults with a place, then to a value that has
 * none left: whatever is at fault is reported and cut out, so that everything
 * else can still be checked in the same run.
 */
import * as z from 'zod';
import { type Path, quoteKey, type Report } from './faults.ts';
import { nearest, suggestion } from './nearest.ts';

/** The value with every part at fault cut out; `undefined` where nothing is left. */
export function fit<T>(schema: z.ZodType<T>, value: unknown, report: Report): T | undefined {
  for (;;) {
    const result = schema.safeParse(value, { error: rightForm });
    if (result.success) return result.data;
    for (const issue of result.error.issues) {
      for (const { path, keys } of reportIssue(issue, [], report)) {
        if (path.length === 0 && keys === undefined) return undefined;
        cut(value, path, keys);
      }
    }
  }
}

interface Cut {
  readonly path: Path;
  /** Keys at `path` to take away; without them the value at `path` itself. */
  readonly keys?: readonly string[];
}

function reportIssue(issue: z.core.$ZodIssue, above: Path, report: Report): readonly Cut[] {
  const path = [...above, ...issue.path.map((step) => (typeof step === 'symbol' ? String(step) : step))];
  if (issue.code === 'invalid_union') {
    const branch = branchMeant(issue.errors);
    if (branch !== undefined) return branch.flatMap((inner) => reportIssue(inner, path, report));
  }
  if (issue.code === 'unrecognized_keys') {
    const known = issue.message.split(' ');
    for (const key of issue.keys) {
      const meant = nearest(key, known);
      report.unknownKey([...path, key], `unknown key ${quoteKey(key)}; ${suggestion(key, known)}`, meant);
    }
    return [{ path, keys: issue.keys }];
  }
  if (issue.code === 'invalid_key') {
    const key = String(path.at(-1));
    report.unknownKey(
      path,
      `the name ${quoteKey(key)} cannot be used; ${issue.issues[0]?.message ?? issue.message}`,
      undefined,
    );
    return [{ path: path.slice(0, -1), keys: [key] }];
  }
  report.error(path, `${wrong(path, report)}; ${issue.message}`);
  return [{ path }];
}

/** The alternative that has the right kind of value, whatever is wrong inside it. */
function branchMeant(branches: readonly (readonly z.core.$ZodIssue[])[]): readonly z.core.$ZodIssue[] | undefined {
  return branches.find((issues) => issues.every(isOfRightKind));
}

function isOfRightKind(issue: z.core.$ZodIssue): boolean {
  if (issue.path.length > 0) return true;
  if (issue.code === 'invalid_union') return branchMeant(issue.errors) !== undefined;
  return issue.code !== 'invalid_type' && issue.code !== 'invalid_value';
}

function wrong(path: Path, report: Report): string {
  const last = path.at(-1);
  const key = path.findLast((step) => typeof step === 'string');
  if (key === undefined || last === undefined) return 'the file is not a map of keys';
  const written = report.written(path);
  if (typeof last === 'number') return `${quoteKey(key)} holds ${written === 'empty' ? 'an empty item' : written}`;
  return `${quoteKey(key)} is ${written}`;
}

/** What would be right, where the schema itself does not say; for an unknown key, the known ones. */
function rightForm(issue: z.core.$ZodRawIssue): string | undefined {
  if (issue.code === 'unrecognized_keys')
    return issue.inst instanceof z.ZodObject ? Object.keys(issue.inst.shape).join(' ') : '';
  if (issue.code === 'invalid_type') return RIGHT_KIND[issue.expected];
  if (issue.code !== 'invalid_value') return undefined;
  const values = issue.values.map(String);
  return typeof issue.input === 'string'
    ? suggestion(issue.input, values)
    : `write ${values.map((value) => `\`${value}\``).join(' or ')}`;
}

const RIGHT_KIND: Readonly<Record<string, string>> = {
  object: 'write a map of keys',
  record: 'write a map of names',
  boolean: 'write `true` or `false`',
};

function cut(value: unknown, path: Path, keys: readonly string[] | undefined): void {
  let holder = value as Record<string | number, unknown> | undefined;
  // What holds it may be gone already: under a key that cannot be, for one.
  for (const step of keys === undefined ? path.slice(0, -1) : path) holder = holder?.[step] as typeof holder;
  if (holder === undefined) return;
  if (keys === undefined) holder[path.at(-1)!] = undefined;
  else for (const key of keys) delete holder[key];
}
