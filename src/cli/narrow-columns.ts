/** Tables and paragraphs that keep to the width of a terminal: cells are broken at their spaces, never cut, because half a name is another name. */

/** Rows in columns, together no wider than `width` as far as words allow. A row has as many lines as its longest cell; `\n` begins a line. */
export function narrowColumns(head: readonly string[], rows: readonly (readonly string[])[], width: number): string {
  const all = [head, ...rows];
  const widths = fit(all, width - 2 * (head.length - 1));
  return all
    .flatMap((row) => {
      const cells = row.map((cell, at) => cell.split('\n').flatMap((line) => wrap(line, widths[at]!)));
      const height = Math.max(...cells.map((lines) => lines.length));
      return Array.from({ length: height }, (_, line) => {
        const text = cells.map((lines, at) => (lines[line] ?? '').padEnd(widths[at]!)).join('  ');
        return `${text.trimEnd()}\n`;
      });
    })
    .join('');
}

/** Takes from the widest column until all fit. The first, which says what the row is about, is taken from last. */
function fit(rows: readonly (readonly string[])[], width: number): readonly number[] {
  const columns = [...rows[0]!.keys()];
  const widths = columns.map((at) => longest(rows, at, '\n'));
  const least = columns.map((at) => longest(rows, at, /\s/));
  const wider = (best: number | undefined, at: number) =>
    widths[at]! > least[at]! && (best === undefined || widths[at]! > widths[best]!) ? at : best;
  for (let over = widths.reduce((total, one) => total + one) - width; over > 0; over--) {
    const at = columns.slice(1).reduce<number | undefined>(wider, undefined) ?? wider(undefined, 0);
    if (at === undefined) break;
    widths[at]!--;
  }
  return widths;
}

function longest(rows: readonly (readonly string[])[], at: number, separator: string | RegExp): number {
  return rows.reduce((most, row) => Math.max(most, ...row[at]!.split(separator).map(({ length }) => length)), 0);
}

/** Lines of at most `width` columns, as far as words allow. */
export function wrap(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line];
}
