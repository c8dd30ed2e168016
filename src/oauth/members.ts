/** The members of a JSON object that somebody sent: only those that are known, each of its form. */
import { DeskFault } from './desk.ts';

/** The object that bytes strictly spell, if they do. */
export type ReadObject = (bytes: Uint8Array) => Readonly<Record<string, unknown>> | undefined;

interface Forms {
  readonly text: string;
  readonly texts: readonly string[];
  /** A whole number, not below zero. */
  readonly count: number;
  readonly object: Readonly<Record<string, unknown>>;
}

type Shape = Readonly<Record<string, keyof Forms>>;
export type Members<S extends Shape> = { readonly [Name in keyof S]?: Forms[S[Name]] };

const MOST_ITEMS = 1000;
const TELLS: Readonly<Record<keyof Forms, (value: unknown) => boolean>> = {
  text: isText,
  texts: (value) => Array.isArray(value) && value.length <= MOST_ITEMS && value.every(isText),
  count: (value) => Number.isSafeInteger(value) && (value as number) >= 0,
  object: (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
};
const SAID: Readonly<Record<keyof Forms, string>> = {
  text: 'a text',
  texts: 'a list of texts',
  count: 'a whole number',
  object: 'an object',
};

/** Nothing sent is an object without members. */
export function readMembers<S extends Shape>(body: Buffer, shape: S, readObject: ReadObject): Members<S> | DeskFault {
  if (body.length === 0) return {};
  const value = readObject(body);
  if (value === undefined) return new DeskFault('invalid', 'the body is no JSON object, or one with a member twice');
  for (const name of Object.keys(value)) {
    if (Object.hasOwn(shape, name)) continue;
    const known = Object.keys(shape).map((one) => `\`${one}\``);
    return new DeskFault('invalid', `unknown member; known are ${known.length === 0 ? 'none' : known.join(', ')}`);
  }
  for (const [name, form] of Object.entries(shape)) {
    if (Object.hasOwn(value, name) && !TELLS[form](value[name])) {
      return new DeskFault('invalid', `\`${name}\` is not ${SAID[form]}`);
    }
  }
  return value as Members<S>;
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}
