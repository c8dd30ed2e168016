import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { completion } from './completion.ts';
import { COMPLETIONS } from './completion-words.ts';
import { type Terminal, UsageError } from './terminal.ts';

async function scriptFor(...args: readonly string[]): Promise<string> {
  let text = '';
  await completion.run(args, { out: (more: string) => void (text += more) } as Terminal);
  return text;
}

test('it knows every command, and no other', () => {
  const commands = [...readFileSync('src/cli.ts', 'utf8').matchAll(/^ {2}\['([a-z]+)', async/gm)].map(
    ([, name = '']) => name,
  );
  assert.deepEqual([...COMPLETIONS.keys()].toSorted(), commands.toSorted());
});

test('it knows every option, and no other', () => {
  const sources = globSync('src/cli/*.ts', { exclude: ['**/*.test.ts'] }).map((file) => readFileSync(file, 'utf8'));
  const options = sources.flatMap((text) => [...text.matchAll(/'?\b([a-z-]+)'?: \{ type: '(?:string|boolean)'/g)]);
  const known = [...COMPLETIONS.values()].flat().filter((word) => word.startsWith('--'));
  assert.deepEqual([...new Set(known)].toSorted(), [...new Set(options.map(([, name]) => `--${name}`))].toSorted());
});

/** What bash offers for the last of `words`. */
function offered(script: string, words: readonly string[]): readonly string[] {
  const asked = `${script}\nCOMP_WORDS=(gatehouse "$@"); COMP_CWORD=$#; _gatehouse; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { stdout, stderr } = spawnSync('bash', ['-c', asked, 'bash', ...words], { encoding: 'utf8' });
  assert.equal(stderr, '');
  return stdout.split('\n').filter((line) => line !== '');
}

test('bash completes commands, and then what follows each', async () => {
  const script = await scriptFor('bash');
  assert.deepEqual(offered(script, ['ch']), ['check']);
  assert.deepEqual(offered(script, ['check', '--s']), ['--sarif', '--strict']);
  assert.deepEqual(offered(script, ['clients', 're']), ['revoke']);
  assert.deepEqual(offered(script, ['nothing', '--x']), []);
});

test('zsh and fish get every word', async () => {
  for (const shell of ['zsh', 'fish']) {
    // eslint-disable-next-line no-await-in-loop -- two
    const script = await scriptFor(shell);
    for (const [name, words] of COMPLETIONS) {
      for (const word of [name, ...words]) assert.ok(script.includes(word.replace(/^--/, '')), `${shell} ${word}`);
    }
  }
});

for (const args of [[], ['tcsh'], ['bash', 'zsh']]) {
  test(`completion ${args.join(' ')} is wrong usage`, () => assert.rejects(scriptFor(...args), UsageError));
}
