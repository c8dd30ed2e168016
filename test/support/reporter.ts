/**
 * The test runner's report, short: a dot a test, what failed and why, and one
 * closing line with the counts.
 */
import type { TestEvent } from 'node:test/reporters';

export default async function* report(events: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  const failures: string[] = [];
  const skipped: string[] = [];
  let passed = 0;
  let column = 0;
  for await (const { type, data } of events) {
    if (type === 'test:pass' || type === 'test:fail') {
      // A suite counts through its tests; a file that could not even load is reported as a failed test.
      if (data.details.type === 'suite') continue;
      if (data.skip !== undefined) skipped.push(`${data.name}: ${String(data.skip)}`);
      else if (type === 'test:pass') passed++;
      else {
        const cause = data.details.error.cause;
        const why = cause instanceof Error ? cause.stack : String(cause ?? data.details.error.message);
        failures.push(`${data.file ?? ''}:${data.line ?? 0}\n  ${data.name}\n${(why ?? '').replaceAll(/^/gm, '    ')}`);
      }
      yield (type === 'test:fail' ? 'X' : '.') + (++column % 100 === 0 ? '\n' : '');
    }
    if (type === 'test:stderr') yield data.message;
  }
  yield `\n${failures.map((failure) => `\nfailed: ${failure}\n`).join('')}`;
  yield skipped.map((name) => `skipped: ${name}\n`).join('');
  yield `\n${passed} passed, ${failures.length} failed, ${skipped.length} skipped\n`;
}
