/** Whether what the lockfile names is installed: if not, the bootstrap would install it, under the feet of every other test. */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';

const STAMP = 'node_modules/.installed';

/** For `skip`: why a test that runs the bootstrap cannot, or `false`. */
export function whyNotInstalled(): string | false {
  const wanted = createHash('sha256').update(readFileSync('package-lock.json')).digest('hex');
  const installed = existsSync(STAMP) && readFileSync(STAMP, 'utf8') === wanted;
  return installed ? false : 'what is installed is not what package-lock.json names: npm test';
}
