/**
 * Tells of files that have changed. They are looked at twice a second rather
 * than watched: that works on every file system, and whichever way they are
 * written, in place, by renaming another over them (as editors do) or by turning
 * a symbolic link (as Kubernetes does with a ConfigMap). A look is one `stat`
 * a file. A change is told when it has stood still for a look, so that a file is
 * not read in the middle of being written.
 */
import { statSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { Clock } from '../world.ts';

const LOOK_MS = 500;

/** `files` are those that were read, each with its mark from before it was. Returns how to stop. */
export function watchFiles(
  files: () => ReadonlyMap<string, string>,
  clock: Pick<Clock, 'every'>,
  changed: () => void,
): () => void {
  /** As of the last look. */
  let seen: ReadonlyMap<string, string> = new Map();
  let looking = false;

  async function look(): Promise<void> {
    const before = seen;
    const marks = await Promise.all([...files().keys()].map(async (file) => [file, await markOf(file)] as const));
    seen = new Map(marks);
    const read = files();
    const isChanged = ([file, mark]: readonly [string, string]): boolean =>
      before.get(file) === mark && read.has(file) && read.get(file) !== mark;
    if (marks.some(isChanged)) changed();
  }

  return clock.every(LOOK_MS, () => {
    if (looking) return;
    looking = true;
    void look().finally(() => (looking = false));
  });
}

/** Another whenever the file behind the name is another, or was written to. */
export function fileMark(file: string): string {
  try {
    return textOf(statSync(file));
  } catch (error) {
    return codeOf(error);
  }
}

async function markOf(file: string): Promise<string> {
  try {
    return textOf(await stat(file));
  } catch (error) {
    return codeOf(error);
  }
}

function textOf(of: {
  readonly ino: number;
  readonly size: number;
  readonly mtimeMs: number;
  readonly ctimeMs: number;
}): string {
  return `${of.ino} ${of.size} ${of.mtimeMs} ${of.ctimeMs}`;
}

function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? 'unreadable';
}
