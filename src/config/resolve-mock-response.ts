/** `mock-response`: an answer that is the same for every request, checked so that it can always be sent. */
import type { MockResponseConfig } from './config.ts';
import type { Path, Report } from './faults.ts';
import { fieldsOf, reportNamesNotFree } from './resolve-set-headers.ts';
import type { MockResponseValue } from './schema-route.ts';

/** Replies that end with their head (RFC 9110 §15.3.5, §15.3.6, §15.4.5). */
const BODYLESS = new Set([204, 205, 304]);

export function resolveMockResponse(value: MockResponseValue, path: Path, report: Report): MockResponseConfig {
  const { status, body } = value;
  const headers = fieldsOf(value.headers);
  reportNamesNotFree(
    headers.map(([name]) => ({ name, at: [name] })),
    { side: 'response', path: [...path, 'headers'] },
    report,
  );
  if (body !== '' && BODYLESS.has(status)) {
    report.error([...path, 'body'], `a reply with status ${status} has no body; leave it out`);
  } else if (body !== '' && !headers.some(([name]) => name.toLowerCase() === 'content-type')) {
    report.error([...path, 'body'], 'nobody can tell what the body is; write `headers: { Content-Type: text/plain }`');
  }
  return { status, headers, body };
}
