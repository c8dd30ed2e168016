/** A line that says how far a long reading has come, where somebody is looking. */
const WIDTH = 30;
const EVERY_MS = 100;
const MEGABYTE = 1024 * 1024;

export interface Progress {
  /** Written at most ten times a second. */
  update(bytes: number): void;
  /** Takes the line away. */
  end(): void;
}

/** `total`: bytes; `undefined` where nobody knows how many there will be. */
export function createProgress(write: (text: string) => void, total: number | undefined): Progress {
  let lastAt = 0;
  return {
    update(bytes) {
      const now = performance.now();
      if (now - lastAt < EVERY_MS) return;
      lastAt = now;
      const read = `${(bytes / MEGABYTE).toFixed(0)} MB`;
      if (total === undefined) return write(`\r${read} read`);
      const done = Math.floor((bytes / total) * WIDTH);
      write(`\r[${'#'.repeat(done)}${'.'.repeat(WIDTH - done)}] ${read} of ${(total / MEGABYTE).toFixed(0)} MB`);
    },
    end() {
      if (lastAt > 0) write(`\r${' '.repeat(WIDTH + 40)}\r`);
    },
  };
}
