/** A folder for a test's files, gone when the process is. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export function createFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
