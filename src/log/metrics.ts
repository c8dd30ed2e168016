/**
 * Counters, gauges and histograms for Prometheus (text exposition 0.0.4). A
 * series exists from the moment it is asked for at plan time: its labels are text
 * by then, and no request can add one. An observation is one addition to a typed
 * array. Asking again for the same series, as a new plan does, gives the same one.
 */

export interface Counter {
  add(amount: number): void;
}

export interface Histogram {
  observe(value: number): void;
}

export type Labels = Readonly<Record<string, string>>;

export interface Metrics {
  counter(name: string, help: string, labels?: Labels): Counter;
  /** A counter that someone else keeps; read when rendered. */
  counterFrom(name: string, help: string, labels: Labels, read: () => number): void;
  /** Read when rendered. A new reader takes the place of the old one. */
  gauge(name: string, help: string, labels: Labels, read: () => number): void;
  /** `bounds` ascend; the last bucket, +Inf, is added. */
  histogram(name: string, help: string, bounds: readonly number[], labels?: Labels): Histogram;
  render(): string;
}

type Kind = 'counter' | 'gauge' | 'histogram';

interface Family {
  readonly kind: Kind;
  readonly help: string;
  /** By the text of the labels. */
  readonly series: Map<string, Series>;
}

interface Series {
  readonly instrument: unknown;
  render(): string;
}

export function createMetrics(): Metrics {
  const families = new Map<string, Family>();

  function seriesOf(kind: Kind, name: string, help: string): Map<string, Series> {
    let family = families.get(name);
    if (family === undefined) families.set(name, (family = { kind, help, series: new Map() }));
    if (family.kind !== kind) throw new Error(`${name} is a ${family.kind} already`);
    return family.series;
  }

  function sampled(kind: Kind, name: string, help: string, labels: Labels, read: () => number): void {
    const text = labelText(labels);
    const prefix = `${name}${braced(text)} `;
    seriesOf(kind, name, help).set(text, { instrument: undefined, render: () => `${prefix}${numberText(read())}\n` });
  }

  return {
    counter(name, help, labels = {}) {
      const series = seriesOf('counter', name, help);
      const text = labelText(labels);
      const known = series.get(text);
      if (known !== undefined) return known.instrument as Counter;
      const cell = new Float64Array(1);
      const prefix = `${name}${braced(text)} `;
      const instrument: Counter = {
        add(amount) {
          cell[0] = cell[0]! + amount;
        },
      };
      series.set(text, { instrument, render: () => `${prefix}${numberText(cell[0]!)}\n` });
      return instrument;
    },
    counterFrom: (name, help, labels, read) => sampled('counter', name, help, labels, read),
    gauge: (name, help, labels, read) => sampled('gauge', name, help, labels, read),
    histogram(name, help, bounds, labels = {}) {
      const series = seriesOf('histogram', name, help);
      const text = labelText(labels);
      const known = series.get(text);
      if (known !== undefined) return known.instrument as Histogram;
      const created = createHistogram(name, bounds, text);
      series.set(text, created);
      return created.instrument;
    },
    render() {
      let text = '';
      for (const [name, { kind, help, series }] of families) {
        text += `# HELP ${name} ${help.replace(/\\/g, '\\\\').replace(/\n/g, '\\n')}\n# TYPE ${name} ${kind}\n`;
        for (const one of series.values()) text += one.render();
      }
      return text;
    },
  };
}

function createHistogram(name: string, bounds: readonly number[], labels: string): Series & { instrument: Histogram } {
  const limits = Float64Array.from(bounds);
  const counts = new Float64Array(bounds.length + 1);
  const sum = new Float64Array(1);
  const more = labels === '' ? '' : `${labels},`;
  const prefixes = [...bounds.map(numberText), '+Inf'].map((bound) => `${name}_bucket{${more}le="${bound}"} `);
  return {
    instrument: {
      observe(value) {
        let bucket = 0;
        while (bucket < limits.length && value > limits[bucket]!) bucket++;
        counts[bucket] = counts[bucket]! + 1;
        sum[0] = sum[0]! + value;
      },
    },
    render() {
      let total = 0;
      let text = '';
      for (const [bucket, prefix] of prefixes.entries()) {
        total += counts[bucket]!;
        text += `${prefix}${total}\n`;
      }
      return `${text}${name}_sum${braced(labels)} ${numberText(sum[0]!)}\n${name}_count${braced(labels)} ${total}\n`;
    },
  };
}

function braced(labels: string): string {
  return labels === '' ? '' : `{${labels}}`;
}

function labelText(labels: Labels): string {
  return Object.entries(labels)
    .map(([name, value]) => `${name}="${escapeLabel(value)}"`)
    .join(',');
}

function escapeLabel(value: string): string {
  return value.toWellFormed().replace(/[\\"]/g, '\\$&').replace(/\n/g, '\\n');
}

function numberText(value: number): string {
  if (Number.isFinite(value)) return String(value);
  return Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf';
}
