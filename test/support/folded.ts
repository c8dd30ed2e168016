/** Field names as a lax service might read them: `X_User.ID` is `x-user-id`. */
import type { Received } from './upstream.ts';

/** Every value that reached the upstream under `name` in any spelling. */
export function foldedValues({ headers }: Pick<Received, 'headers'>, name: string): string[] {
  return headers.filter(([other]) => fold(other) === fold(name)).map(([, value]) => value);
}

function fold(name: string): string {
  return name.toLowerCase().replaceAll(/[^a-z0-9]/g, '-');
}
