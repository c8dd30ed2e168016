/**
 * Field lines as HTTP/2 takes them: names in lower case, a name that comes twice
 * with both its values. Pure; one pass over the text.
 */
import type { OutgoingHttpHeaders } from 'node:http2';

/** `lines`: field lines, each ended by CRLF. */
export function fieldMap(lines: string): OutgoingHttpHeaders {
  // Without a prototype: `__proto__` is a field name like any other.
  const fields = Object.create(null) as Record<string, string | string[]>;
  for (let at = 0; at < lines.length;) {
    const colon = lines.indexOf(':', at);
    const end = lines.indexOf('\r\n', colon);
    const name = lines.slice(at, colon).toLowerCase();
    const value = lines.slice(colon + 1, end).trim();
    const before = fields[name];
    if (before === undefined) fields[name] = value;
    else if (typeof before === 'string') fields[name] = [before, value];
    else before.push(value);
    at = end + 2;
  }
  return fields;
}
