/** What of a reply's trailers goes on to a caller that takes any (RFC 9110 §6.5.1). */
import { keptFields, type FieldSection } from './fields.ts';

/** Fields that would change what was said before the body. */
const NEVER_IN_TRAILERS =
  /^(?:authorization|cache-control|content-.*|host|location|set-cookie|www-authenticate|date|etag|vary|age|expires|retry-after|max-forwards|x-.*|ratelimit.*|access-control-.*)$/;

export function keptTrailers(text: string, section: FieldSection): string {
  return keptFields(text, section, undefined, (name) => NEVER_IN_TRAILERS.test(name));
}
