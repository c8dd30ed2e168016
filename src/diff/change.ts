/**
 * What is said of a difference, and how it is graded: by what a caller may do
 * now and might not before. `weaker`: more is let through; `stronger`: less is;
 * `neutral`: something else is done.
 */
export type Grade = 'weaker' | 'stronger' | 'neutral';

export interface Change {
  readonly grade: Grade;
  /** The route or the section, as the file calls it. */
  readonly subject: string;
  /** What became of it: completes a sentence that begins with the subject. */
  readonly what: string;
}

/** Of one subject. */
export interface Changes {
  add(grade: Grade, what: string): void;
  /** `NAME OLD → NEW`, weaker where `isWeaker` says so of the new value; nothing where both are the same. */
  value<T>(name: string, values: readonly [before: T, after: T], how: ValueForm<T>): void;
  /** `loses …` and `gains …`; `losing` is the grade of what is gone. */
  set(name: string, values: readonly [before: Iterable<string>, after: Iterable<string>], losing: Grade): void;
}

export interface ValueForm<T> {
  readonly text: (value: T) => string;
  /** Whether more is let through with the second. */
  readonly isWeaker: (before: T, after: T) => boolean;
}

const OPPOSITE = { weaker: 'stronger', stronger: 'weaker', neutral: 'neutral' } as const satisfies Record<Grade, Grade>;

export function changesOf(subject: string, into: Change[]): Changes {
  const add = (grade: Grade, what: string): void => void into.push({ grade, subject, what });
  return {
    add,
    value(name, [before, after], { text, isWeaker }) {
      const [old, now] = [text(before), text(after)];
      if (old !== now) add(isWeaker(before, after) ? 'weaker' : 'stronger', `${name} ${old} → ${now}`);
    },
    set(name, [before, after], losing) {
      const [old, now] = [new Set(before), new Set(after)];
      const lost = [...old].filter((one) => !now.has(one));
      const gained = [...now].filter((one) => !old.has(one));
      if (lost.length > 0) add(losing, `loses ${name} ${lost.join(', ')}`);
      if (gained.length > 0) add(OPPOSITE[losing], `gains ${name} ${gained.join(', ')}`);
    },
  };
}
