/**
 * The known name somebody most likely meant. Start and reload only, and only
 * where a name is wrong: the price is one small table of distances a candidate.
 */

/** The nearest of `known`, or `undefined` where none is near enough to be meant. */
export function nearest(name: string, known: Iterable<string>): string | undefined {
  const wanted = plain(name);
  // A longer word may hold more slips; a short one soon becomes another word.
  let best = wanted.length < 3 ? 1 : Math.min(3, Math.ceil(wanted.length / 3));
  let found: string | undefined;
  for (const candidate of known) {
    const far = distance(wanted, plain(candidate), best);
    if (far > best || (found !== undefined && far === best)) continue;
    best = far;
    found = candidate;
  }
  return found;
}

/** `; did you mean X?`, or else all there is to choose from. */
export function suggestion(name: string, known: Iterable<string>): string {
  const names = [...known];
  const meant = nearest(name, names);
  if (meant !== undefined) return `did you mean \`${meant}\`?`;
  if (names.length === 0) return 'none is defined';
  const listed = names.slice(0, 20).map((one) => `\`${one}\``);
  return `known ${names.length === 1 ? 'is' : 'are'} ${listed.join(', ')}${names.length > 20 ? ', …' : ''}`;
}

function plain(name: string): string {
  return name.slice(0, 64).toLowerCase().replaceAll('-', '_');
}

/** Insertions, deletions, replacements and swaps of neighbours from `a` to `b`; anything over `limit` counts as `limit + 1`. */
function distance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) > limit) return limit + 1;
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const same = a[row - 1] === b[column - 1];
      let cost = Math.min(last[column]! + 1, current[column - 1]! + 1, last[column - 1]! + (same ? 0 : 1));
      const swapped = row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      if (swapped) cost = Math.min(cost, beforeLast[column - 2]! + 1);
      current.push(cost);
    }
    beforeLast = last;
    last = current;
  }
  return last[b.length]!;
}
