/**
 * The plot: CPU time per request, one group of bars a workload, as an SVG that
 * stands by itself and follows the reader's light or dark. The scale is
 * logarithmic, since a refusal and a megabyte stand in one picture.
 */
export interface Group {
  readonly title: string;
  readonly bars: readonly Bar[];
}

export interface Bar {
  /** Which of the `series` it is. */
  readonly series: number;
  readonly value: number;
}

export interface Plot {
  readonly title: string;
  readonly axis: string;
  readonly series: readonly string[];
  readonly groups: readonly Group[];
}

const WIDTH = 960;
const LEFT = 210;
const RIGHT = 70;
const BAR = 13;
const GAP = 14;
const HEADER = 40;
const LEGEND_ROW = 18;
/** Told apart by people who see few colours, too, and on white as on black. */
const COLOURS = ['#7f8c8d', '#d55e00', '#cc79a7', '#0072b2', '#56b4e9'];

const STYLE = `
  text { font: 12px system-ui, sans-serif; fill: #1f2328; }
  .title { font-size: 15px; font-weight: 600; }
  .end { text-anchor: end; } .middle { text-anchor: middle; }
  line { stroke: #1f2328; stroke-opacity: 0.15; }
  @media (prefers-color-scheme: dark) { text { fill: #e6edf3; } line { stroke: #e6edf3; } }`;

export function svgOf({ title, axis, series, groups }: Plot): string {
  const values = groups.flatMap(({ bars }) => bars.map(({ value }) => value));
  const least = 10 ** Math.floor(Math.log10(Math.min(...values)) - 1e-9);
  const most = 10 ** Math.ceil(Math.log10(Math.max(...values)));
  const decades = Math.log10(most / least);
  const x = (value: number) => LEFT + ((WIDTH - LEFT - RIGHT) * Math.log10(value / least)) / decades;
  const top = HEADER + series.length * LEGEND_ROW + 8;
  const parts: string[] = [text(title, 16, 26, 'title')];
  series.forEach((name, at) => {
    const y = HEADER + at * LEGEND_ROW;
    parts.push(rectangle([16, y, 12, 12], at), text(name, 36, y + 11));
  });

  const marks: string[] = [];
  let y = top;
  for (const group of groups) {
    const height = group.bars.length * BAR;
    marks.push(text(group.title, LEFT - 10, y + height / 2 + 4, 'end'));
    for (const { series: at, value } of group.bars) {
      marks.push(rectangle([LEFT, y, x(value) - LEFT, BAR - 2], at), text(figure(value), x(value) + 5, y + BAR - 3));
      y += BAR;
    }
    y += GAP;
  }
  for (let decade = least; decade <= most * 1.001; decade *= 10) {
    for (const step of decade < most * 0.999 ? [1, 2, 5] : [1]) {
      const at = x(decade * step).toFixed(1);
      parts.push(`<line x1="${at}" x2="${at}" y1="${top - 4}" y2="${y}"/>`);
      parts.push(text(figure(decade * step), Number(at), y + 16, 'middle'));
    }
  }
  parts.push(...marks, text(axis, (LEFT + WIDTH - RIGHT) / 2, y + 36, 'middle'));
  const size = `width="${WIDTH}" height="${y + 48}" viewBox="0 0 ${WIDTH} ${y + 48}"`;
  return `<svg xmlns="http://www.w3.org/2000/svg" ${size} role="img" aria-label="${escaped(title)}">
<style>${STYLE}
</style>
${parts.join('\n')}
</svg>
`;
}

function rectangle([x, y, width, height]: readonly [number, number, number, number], series: number): string {
  const fill = COLOURS[series % COLOURS.length];
  return `<rect x="${x}" y="${y}" width="${width.toFixed(1)}" height="${height}" rx="1.5" fill="${fill}"/>`;
}

function text(content: string, x: number, y: number, kind?: string): string {
  const name = kind === undefined ? '' : ` class="${kind}"`;
  return `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}"${name}>${escaped(content)}</text>`;
}

function figure(value: number): string {
  return value >= 100 ? value.toFixed(0) : String(Number(value.toPrecision(3)));
}

function escaped(content: string): string {
  return content.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}
