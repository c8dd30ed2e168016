/**
 * What the policy sees of a request: values, no socket. The wire makes it from
 * HTTP/1.1 bytes; HTTP/2 could make the same. Field names are lower-case and
 * stand in the order they came; a name that came twice stands twice.
 */
export interface Request {
  readonly method: string;
  /** The path as it came, without the query. Not yet normalised: `route/` does that, once. */
  readonly rawPath: string;
  /** The query without its `?`, byte for byte; `undefined` where there was no `?`. */
  readonly query: string | undefined;
  /** The host asked for, lower-case, without its port. From the absolute-form target where there is one (RFC 9112 §3.2.2). */
  readonly host: string;
  readonly names: readonly string[];
  readonly values: readonly string[];
  /** What the caller would rather speak, lower-case, where it may ask at all: a GET of HTTP/1.1 whose `Connection` names `Upgrade` (RFC 9110 §7.8). */
  readonly upgrade?: string | undefined;
}

/** The first value of the field `name` (lower-case), or `undefined`. */
export function fieldOf(request: Pick<Request, 'names' | 'values'>, name: string): string | undefined {
  const at = request.names.indexOf(name);
  return at === -1 ? undefined : request.values[at];
}

/** Every value of the field `name` (lower-case), in order. Allocates: for fields that decide nothing per request, or rarely come. */
export function fieldsOf(request: Pick<Request, 'names' | 'values'>, name: string): string[] {
  return request.values.filter((_, at) => request.names[at] === name);
}
