/** Files that a configuration names: found relative to its own folder, read once, at start. */
import { dirname, resolve } from 'node:path';
import type { Path, Report } from './faults.ts';

/** What a configuration may look at beside its own text. */
export interface Files {
  /** As `fs.readFileSync`: throws where there is nothing to read. */
  readFile(path: string): string | Uint8Array;
  /** Milliseconds since 1970: for what expires. */
  wall(): number;
}

export interface NamedFile {
  /** Absolute. */
  readonly path: string;
  readonly text: string;
}

const MAX_BYTES = 1024 * 1024;

export function readNamed(name: string, at: Path, { file, files, report }: Surroundings): NamedFile | undefined {
  const path = resolve(dirname(file), name);
  try {
    const bytes = files.readFile(path);
    if (bytes.length <= MAX_BYTES) return { path, text: Buffer.from(bytes).toString('latin1') };
    report.error(at, `the file ${report.written(at)} is over 1 MiB; name the right one`);
  } catch (error) {
    const why = whyUnread(error, 'names are relative to the folder of this configuration');
    report.error(at, `the file ${report.written(at)} cannot be used (${path}); ${why}`);
  }
  return undefined;
}

export interface Surroundings {
  /** The configuration itself. */
  readonly file: string;
  readonly files: Files;
  readonly report: Report;
}

const WHY_UNREAD: Readonly<Record<string, string>> = {
  EISDIR: 'this is a directory; name the file in it',
  EACCES: 'the file may not be read; give this user leave to read it',
  EPERM: 'the file may not be read; give this user leave to read it',
};

/** `missing` is what to do where there is no such file. */
export function whyUnread(error: unknown, missing: string): string {
  const code = (error as NodeJS.ErrnoException | null)?.code ?? 'no reason given';
  if (code === 'ENOENT') return `there is no such file; ${missing}`;
  return WHY_UNREAD[code] ?? `the file cannot be read (${code}); see whether it is a plain file`;
}
