/**
 * What is wrong with a configuration, gathered rather than thrown, so that one
 * run names everything. A fault that only follows from another at the same value
 * is not said twice: the first is the cause. Start and reload only.
 */
import type { Place } from './config.ts';

export interface Fault {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly severity: 'error' | 'warning';
  /** `what is wrong; what would be right`; of a finding only the first. */
  readonly message: string;
  /** Present where a rule of the audit found it. */
  readonly finding?: FindingOf;
}

/** What a rule has to say beside where and what. */
export interface FindingOf {
  /** The id of the rule. */
  readonly rule: string;
  readonly mend: string;
  /** The name of the route that it is about, if it is about one. */
  readonly route: string | undefined;
  /** Present where a waiver lets it pass: the reason that it gives. */
  readonly waived?: string;
}

/** Keys and positions from the top of the file down to a value. */
export type Path = readonly (string | number)[];

export interface Report {
  error(path: Path, message: string): void;
  warning(path: Path, message: string): void;
  finding(path: Path, finding: FindingOf & Pick<Fault, 'severity' | 'message'>): void;
  /** For text that is no value yet. */
  errorAt(place: Place, message: string): void;
  /** For a key that should not be there. `meant` is the key it was probably to be: that one is no longer missed. */
  unknownKey(path: Path, message: string, meant: string | undefined): void;
  /** Whether the value, or a part of it, is already known to be wrong. */
  isFaulty(path: Path): boolean;
  placeOf(path: Path): Place;
  /** The scalar at `path` as it is written, short and printable. Never what a `${NAME}` stands for: that may be a secret. */
  written(path: Path): string;
  readonly faults: readonly Fault[];
}

/** The text's side of a report: where a value or a key stands, and how it is written. */
export interface Places {
  place(path: Path, part: 'key' | 'value'): Place;
  written(path: Path): string;
}

export function createReport(file: string, places: Places): Report {
  const faults: Fault[] = [];
  const faulty = new Set<string>();

  function add(severity: Fault['severity'], place: Place, message: string): void {
    faults.push({ file, line: place.line, column: place.column, severity, message });
  }

  function mark(path: Path): void {
    for (let length = path.length; length > 0; length--) faulty.add(JSON.stringify(path.slice(0, length)));
  }

  function isFaulty(path: Path): boolean {
    return faulty.has(JSON.stringify(path));
  }

  return {
    error(path, message) {
      if (isFaulty(path)) return;
      mark(path);
      add('error', places.place(path, 'value'), message);
    },
    warning(path, message) {
      if (!isFaulty(path)) add('warning', places.place(path, 'value'), message);
    },
    finding(path, { severity, message, ...finding }) {
      faults.push({ file, ...places.place(path, 'value'), severity, message, finding });
    },
    errorAt: (place, message) => add('error', place, message),
    unknownKey(path, message, meant) {
      mark(path);
      if (meant !== undefined) mark([...path.slice(0, -1), meant]);
      add('error', places.place(path, 'key'), message);
    },
    isFaulty,
    placeOf: (path) => places.place(path, 'value'),
    written: (path) => places.written(path),
    faults,
  };
}

/** A key of the file, short and printable, in the quotes that messages have. */
export function quoteKey(key: string): string {
  return `\`${key.slice(0, 60).replaceAll(/[\p{C}\p{Zl}\p{Zp}]/gu, '?')}\``;
}

export function formatFault({ file, line, column, severity, message, finding }: Fault): string {
  const right = finding === undefined ? '' : `; ${finding.mend} [${finding.rule}]`;
  return `${file}:${line}:${column}: ${severity === 'warning' ? 'warning: ' : ''}${message}${right}`;
}

export function byPlace(a: Fault, b: Fault): number {
  return a.line - b.line || a.column - b.column || (a.message < b.message ? -1 : 1);
}
