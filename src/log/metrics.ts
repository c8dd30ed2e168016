/**
 * Counters, gauges and histograms for Prometheus (text exposition 0.0.4). A
 * series exists from the moment it is asked for at plan time: its labels are text
 * by then, and no request can add one. An observation is one addition to a typed
 * array. Asking again for the same series, as a new plan does, gives the same one;
 * it goes when the last who asked for it on a lease has ended that.
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
  /** The same metrics for somebody who is here for a time. */
  lease(): MetricsLease;
  render(): string;
}

export interface MetricsLease extends Metrics {
  /** Takes away the series that nobody else has asked for. */
  end(): void;
}

type Kind = 'counter' | 'gauge' | 'histogram';

interface Family {
  readonly kind: Kind;
  readonly help: string;
  /** By the text of the labels. */
  readonly series: Map<string, Entry>;
}

interface Series {
  readonly instrument: unknown;
  readonly render: () => string;
}

/** A series, and how many have asked for it. */
interface Entry {
  series: Series;
  holders: number;
}

export function createMetrics(): Metrics {
  const families = new Map<string, Family>();

  function familyOf(kind: Kind, name: string, help: string): Family {
    let family = families.get(name);
    if (family === undefined) families.set(name, (family = { kind, help, series: new Map() }));
    if (family.kind !== kind) throw new Error(`${name} is a ${family.kind} already`);
    return family;
  }

  function letGo(name: string, text: string): void {
    const { series } = families.get(name)!;
    if (--series.get(text)!.holders > 0) return;
    series.delete(text);
    if (series.size === 0) families.delete(name);
  }

  function render(): string {
    let text = '';
    for (const [name, { kind, help, series }] of families) {
      text += `# HELP ${name} ${help.replace(/\\/g, '\\\\').replace(/\n/g, '\\n')}\n# TYPE ${name} ${kind}\n`;
      for (const one of series.values()) text += one.series.render();
    }
    return text;
  }

  function lease(): MetricsLease {
    /** Name and labels, by both in one text. */
    const held = new Map<string, readonly [name: string, text: string]>();

    function entryOf(kind: Kind, name: string, help: string, text: string, make: () => Series): Entry {
      const { series } = familyOf(kind, name, help);
      let entry = series.get(text);
      if (entry === undefined) series.set(text, (entry = { series: make(), holders: 0 }));
      const key = `${name} ${text}`;
      if (!held.has(key)) {
        held.set(key, [name, text]);
        entry.holders++;
      }
      return entry;
    }

    function sampled(kind: Kind, name: string, help: string, labels: Labels, read: () => number): void {
      const text = labelText(labels);
      const prefix = `${name}${braced(text)} `;
      const series = { instrument: undefined, render: () => `${prefix}${numberText(read())}\n` };
      entryOf(kind, name, help, text, () => series).series = series;
    }

    return {
      counter(name, help, labels = {}) {
        const text = labelText(labels);
        return entryOf('counter', name, help, text, () => createCounter(name, text)).series.instrument as Counter;
      },
      counterFrom: (name, help, labels, read) => sampled('counter', name, help, labels, read),
      gauge: (name, help, labels, read) => sampled('gauge', name, help, labels, read),
      histogram(name, help, bounds, labels = {}) {
        const text = labelText(labels);
        const entry = entryOf('histogram', name, help, text, () => createHistogram(name, bounds, text));
        return entry.series.instrument as Histogram;
      },
      lease,
      render,
      end() {
        for (const [name, text] of held.values()) letGo(name, text);
        held.clear();
      },
    };
  }

  return lease();
}

function createCounter(name: string, labels: string): Series {
  const cell = new Float64Array(1);
  const prefix = `${name}${braced(labels)} `;
  const instrument: Counter = {
    add(amount) {
      cell[0] = cell[0]! + amount;
    },
  };
  return { instrument, render: () => `${prefix}${numberText(cell[0]!)}\n` };
}

function createHistogram(name: string, bounds: readonly number[], labels: string): Series {
  const limits = Float64Array.from(bounds);
  const counts = new Float64Array(bounds.length + 1);
  const sum = new Float64Array(1);
  const more = labels === '' ? '' : `${labels},`;
  const prefixes = [...bounds.map(numberText), '+Inf'].map((bound) => `${name}_bucket{${more}le="${bound}"} `);
  const instrument: Histogram = {
    observe(value) {
      let bucket = 0;
      while (bucket < limits.length && value > limits[bucket]!) bucket++;
      counts[bucket] = counts[bucket]! + 1;
      sum[0] = sum[0]! + value;
    },
  };
  return {
    instrument,
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
