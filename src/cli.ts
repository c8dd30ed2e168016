/**
 * The command line: which command, with which part of the world, and what the
 * process says when it ends. Nothing else in `src/` ends the process.
 */
import { readFileSync } from 'node:fs';
import { type Command, type ExitCode, type Terminal, UsageError } from './cli/terminal.ts';
import { version } from './cli/version.ts';
import { suggestion } from './config/nearest.ts';
import { systemClock } from './world.ts';

/** Each is loaded when it is called: a gateway that runs for months holds nothing of the others. */
const commands: ReadonlyMap<string, () => Promise<Command>> = new Map([
  ['run', async () => (await import('./cli/run.ts')).run],
  ['check', async () => (await import('./cli/check.ts')).check],
  ['explain', async () => (await import('./cli/explain.ts')).explainCommand],
  ['test', async () => (await import('./cli/test.ts')).testCommand],
  ['why', async () => (await import('./cli/why.ts')).whyCommand],
  ['init', async () => (await import('./cli/init.ts')).init],
  ['schema', async () => (await import('./cli/schema.ts')).schema],
  ['clients', async () => (await import('./cli/clients.ts')).clients],
  ['keys', async () => (await import('./cli/keys.ts')).keys],
  ['revoke', async () => (await import('./cli/revoke.ts')).revoke],
  ['revocations', async () => (await import('./cli/revoke.ts')).revocations],
  ['diff', async () => (await import('./cli/diff.ts')).diffCommand],
  ['replay', async () => (await import('./cli/replay.ts')).replayCommand],
  ['audit', async () => (await import('./cli/audit.ts')).audit],
  ['completion', async () => (await import('./cli/completion.ts')).completion],
]);

const terminal: Terminal = {
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
  readFile: (path) => readFileSync(path),
  readInput: () => readFileSync(0),
  wall: systemClock.wall,
  env: process.env,
};

async function main([name, ...args]: readonly string[]): Promise<ExitCode> {
  if (name === '--version') return print(`${version()}\n`);
  if (name === '--help' || args.includes('--help')) return print(await usage());
  const load = commands.get(name ?? '');
  if (name === undefined || load === undefined) {
    terminal.err(
      name === undefined
        ? await usage()
        : `gatehouse: unknown command \`${name}\`; ${suggestion(name, commands.keys())}\n`,
    );
    return 2;
  }
  const command = await load();
  try {
    return await command.run(args, terminal);
  } catch (error) {
    if (!isWrongUsage(error)) throw error;
    terminal.err(
      `gatehouse ${name}: ${error.message.split('. ', 1)[0] ?? ''}\nusage: gatehouse ${command.usage.split(/ {2}/, 1)[0]}\n`,
    );
    return 2;
  }
}

function isWrongUsage(error: unknown): error is Error {
  if (error instanceof UsageError) return true;
  return error instanceof TypeError && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS_');
}

function print(text: string): ExitCode {
  terminal.out(text);
  return 0;
}

async function usage(): Promise<string> {
  const all = await Promise.all([...commands.values()].map((load) => load()));
  const lines = all.map((command) => {
    const [call = '', what = ''] = command.usage.split(/ {2}/);
    return `  gatehouse ${call.padEnd(24)} ${what}\n`;
  });
  return `${lines.join('')}FILE is gatehouse.yaml unless named; - is standard input.\n`;
}

// A pipe that closed early (`| head`) is no fault of ours.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));
// Set rather than called: what is still on its way to a pipe must arrive.
process.exitCode = await main(process.argv.slice(2));
