/** What a configuration of a test may look at: nothing but what the test gives it. */
import type { ConfigSource } from '../../src/config/load.ts';

export function sourceOf({
  files = {},
  wall = 0,
  env = {},
}: {
  readonly files?: Readonly<Record<string, string>>;
  readonly wall?: number;
  readonly env?: ConfigSource['env'];
} = {}): ConfigSource {
  return {
    env,
    wall: () => wall,
    readFile(path) {
      const text = Object.entries(files).find(([name]) => path.endsWith(`/${name}`))?.[1];
      if (text === undefined) throw Object.assign(new Error(path), { code: 'ENOENT' });
      return text;
    },
  };
}
