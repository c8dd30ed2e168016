/**
 * The path a service sees instead of the one that was matched. Works on the
 * normal form alone and cuts whole segments, so no spelling of a prefix escapes
 * it, and what is left cannot climb out of the base: a normal form holds neither
 * `..` nor `//`. Made once a route and target; costs one string at most.
 */

export interface RewriteOptions {
  /** The route's own path, with its `:name`s and `*`. */
  readonly path: string;
  /** Taken off the front where it stands there as whole segments. */
  readonly stripPrefix: string | undefined;
  /** Put where `path` up to its `*` stood, or where `stripPrefix` did if both are set. */
  readonly rewrite: string | undefined;
  /** Put before the result: `''` or `/base`. */
  readonly basePath?: string;
}

/** Takes a path in normal form that the route has matched. `undefined`: the path goes as it is. */
export function createRewriter(options: RewriteOptions): ((path: string) => string) | undefined {
  const base = withoutSlash(options.basePath ?? '');
  if (options.stripPrefix !== undefined) {
    const prefix = withoutSlash(options.stripPrefix);
    const front = base + withoutSlash(options.rewrite ?? '');
    if (prefix === '' && front === '') return undefined;
    return (path) => {
      const ends = path.length === prefix.length || path.charCodeAt(prefix.length) === 0x2f;
      return ends && path.startsWith(prefix) ? joined(front, path.slice(prefix.length)) : base + path;
    };
  }
  if (options.rewrite !== undefined) {
    const front = base + withoutSlash(options.rewrite);
    const matched = options.path.split('/').filter((segment) => segment !== '*').length - 1;
    return (path) => joined(front, path.slice(endOfSegments(path, matched)));
  }
  return base === '' ? undefined : (path) => base + path;
}

/** `rest` is empty or begins with a slash. */
function joined(front: string, rest: string): string {
  return front + rest || '/';
}

function withoutSlash(path: string): string {
  return path.replace(/\/\*?$/, '');
}

/** Where the first `count` segments of `path` end. */
function endOfSegments(path: string, count: number): number {
  let at = 0;
  for (let index = 0; index < count; index++) {
    const slash = path.indexOf('/', at + 1);
    at = slash === -1 ? path.length : slash;
  }
  return at;
}
