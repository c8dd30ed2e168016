/**
 * The test runner's report, short: a dot a test, what failed and why as soon as
 * it did, and one closing line with the counts.
 */
import type { TestEvent } from 'node:test/reporters';

export default async function* report(events: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  const skipped: string[] = [];
  let passed = 0;
  let failed = 0;
  let column = 0;
  for await (const { type, data } of events) {
    if (type === 'test:stderr') yield data.message;
    if (type !== 'test:pass' && type !== 'test:fail') continue;
    // A suite counts through its tests; a file that could not even load is reported as a failed test.
    if (data.details.type === 'suite') continue;
    if (data.skip !== undefined) skipped.push(`${data.name}: ${String(data.skip)}`);
    else if (type === 'test:pass') passed++;
    else {
      failed++;
      const { cause, message } = data.details.error;
      const why = cause instanceof Error ? (cause.stack ?? cause.message) : String(cause ?? message);
      yield `\nfailed: ${data.file ?? ''}:${data.line ?? 0}\n  ${data.name}\n${why.replaceAll(/^/gm, '    ')}\n`;
    }
    yield '.' + (++column % 100 === 0 ? '\n' : '');
  }
  yield skipped.map((name) => `\nskipped: ${name}`).join('');
  yield `\n\n${passed} passed, ${failed} failed, ${skipped.length} skipped\n`;
}
