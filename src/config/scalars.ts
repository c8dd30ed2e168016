/**
 * The kinds of value a configuration is made of. Every message says what would
 * be right; `issues.ts` puts what is wrong before it. Units stay text here, so
 * that the JSON Schema for editors can say the same with a pattern.
 */
import * as z from 'zod';
import { DURATION, durationMs, RATE, quotaOf, RATIO, ratioOf, SIZE, sizeBytes } from './units.ts';

interface Range {
  readonly min: string;
  readonly max: string;
  /** Why not more or less: for limits that somebody will want to argue with. */
  readonly why?: string;
}

function measured(form: RegExp, example: string, read: (text: string) => number): (range: Range) => z.ZodString {
  return ({ min, max, why }) => {
    const error = `write ${example}, from \`${min}\` to \`${max}\`${why === undefined ? '' : `: ${why}`}`;
    const [least, most] = [read(min), read(max)];
    return z
      .string({ error })
      .regex(form, { error, abort: true })
      .refine((written) => read(written) >= least && read(written) <= most, { error });
  };
}

export const duration: (range: Range) => z.ZodString = measured(
  DURATION,
  'a duration as in `30s` or `10m`',
  durationMs,
);
export const size: (range: Range) => z.ZodString = measured(SIZE, 'a size as in `64kb` or `10mb`', sizeBytes);
export const ratio: (range: Range) => z.ZodString = measured(RATIO, 'a ratio as in `50%`', ratioOf);

export function rate(): z.ZodString {
  const error =
    'write requests per window as in `10/min`, `5/s`, `1000/hour` or `20/10s`, the window from `1s` to `1day`';
  return z
    .string({ error })
    .regex(RATE, { error, abort: true })
    .refine((written) => quotaOf(written).windowMs >= 1000 && quotaOf(written).windowMs <= 86_400_000, { error });
}

export function count(min: number, max: number): z.ZodInt {
  const error = `write a whole number from ${min} to ${max}`;
  return z.int({ error }).min(min, { error }).max(max, { error });
}

/** Text in the form of `pattern`; `expected` ends the sentence "write …". */
export function text(pattern: RegExp, expected: string): z.ZodString {
  const error = `write ${expected}`;
  return z.string({ error }).regex(pattern, { error });
}

export function choice<const T extends readonly string[]>(values: T): z.ZodEnum<z.core.util.ToEnum<T[number]>> {
  return z.enum(values);
}

/** A list. An item that is at fault is cut out and leaves `undefined`, so that the others keep their numbers. */
export function list<T extends z.ZodType>(item: T, example: string): z.ZodArray<z.ZodOptional<T>> {
  return z.array(item.optional(), { error: `write a list, as in \`[${example}]\`` });
}

/** A map from names the operator chooses. */
export function named<T extends z.ZodType>(value: T): z.ZodRecord<z.ZodString, z.ZodOptional<T>> {
  return z.record(
    text(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/, 'a name of letters, digits, `_`, `.` and `-`'),
    value.optional(),
  );
}

/** A map of known keys. Keys are all optional to zod: what is missing is said by whoever needs it, in words. */
export function map<T extends z.ZodRawShape>(
  shape: T,
  required: readonly (keyof T & string)[] = [],
): z.ZodObject<T, z.core.$strict> {
  const object = z.strictObject(shape);
  return required.length === 0 ? object : object.meta({ required });
}

/** Visible ASCII without spaces: names, URLs, paths. `expected` ends the sentence "write …". */
export function word(expected: string): z.ZodString {
  return text(/^[\x21-\x7e]{1,2048}$/, expected);
}

export const addressBlock: z.ZodString = text(/^[0-9A-Fa-f:.]+(\/\d{1,3})?$/, 'an address or block as in `10.0.0.0/8`');
