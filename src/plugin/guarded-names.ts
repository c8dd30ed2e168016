/**
 * The names under which a service is told who calls: never taken from a
 * client, on any route and in any spelling. Servers behind us see
 * `X-User-ID`, `x_user_id` and `X.User.ID` as one variable (CGI and its
 * descendants), so names are compared after folding. A usual name costs one
 * test and one look-up.
 */

/** Lower-case, everything but letters and digits made `-`, none of it at either end. */
export function foldName(name: string): string {
  return name
    .toLowerCase()
    .replaceAll(/[^a-z0-9]/g, '-')
    .replaceAll(/^-+|-+$/g, '');
}

const NEEDS_FOLDING = /[^a-z0-9-]|^-|-$/;

/** Whether a field that a client sent, its name in lower case, goes under one of `names`. */
export function createHeaderGuard(names: readonly string[]): (lowerName: string) => boolean {
  const guarded = new Set(names.map(foldName));
  return (lowerName) => guarded.has(NEEDS_FOLDING.test(lowerName) ? foldName(lowerName) : lowerName);
}
