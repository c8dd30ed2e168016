/**
 * Tells of files that have changed. They are looked at twice a second rather
 * than watched: that works on every file system, and whichever way they are
 * written, in place, by renaming another over them (as editors do) or by turning
 * a symbolic link (as Kubernetes does with a ConfigMap). A look is one `stat`
 * a file. A change is told when it has stood still for a look, so that a file is
 * not read in the middle of being written.
 */
import { stat } from 'node:fs/promises';
import type { Clock } from './world.ts';

const LOOK_MS = 500;

/** `files` is asked at every look; one that is new among them has not changed yet. Returns how to stop. */
export function watchFiles(
  files: () => readonly string[],
  clock: Pick<Clock, 'every'>,
  changed: () => void,
): () => void {
  /** By path: as of the last look, and as of the last that was told. */
  const known = new Map<string, { seen: string; told: string }>();
  let looking = false;

  async function look(): Promise<void> {
    let tell = false;
    const marks = await Promise.all(files().map(async (file) => [file, await markOf(file)] as const));
    for (const [file, mark] of marks) {
      const entry = known.get(file);
      if (entry === undefined) known.set(file, { seen: mark, told: mark });
      else {
        const settled = entry.seen === mark;
        entry.seen = mark;
        if (!settled || entry.told === mark) continue;
        entry.told = mark;
        tell = true;
      }
    }
    for (const file of known.keys()) if (!marks.some(([one]) => one === file)) known.delete(file);
    if (tell) changed();
  }

  function begin(): void {
    if (looking) return;
    looking = true;
    void look().finally(() => (looking = false));
  }

  begin();
  return clock.every(LOOK_MS, begin);
}

/** Another whenever the file behind the name is another, or was written to. */
async function markOf(file: string): Promise<string> {
  try {
    const { ino, size, mtimeMs, ctimeMs } = await stat(file);
    return `${ino} ${size} ${mtimeMs} ${ctimeMs}`;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? 'unreadable';
  }
}
