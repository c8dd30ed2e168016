/**
 * The command line: which command, with which part of the world, and what the
 * process says when it ends. Nothing else in `src/` ends the process.
 */
import { readFileSync } from 'node:fs';
import { audit } from './cli/audit.ts';
import { check } from './cli/check.ts';
import { clients } from './cli/clients.ts';
import { keys } from './cli/keys.ts';
import { revocations, revoke } from './cli/revoke.ts';
import { run } from './cli/run.ts';
import { schema } from './cli/schema.ts';
import { type Command, type ExitCode, type Terminal, UsageError } from './cli/terminal.ts';
import { suggestion } from './config/nearest.ts';
import { systemClock } from './world.ts';

const commands: ReadonlyMap<string, Command> = new Map([
  ['run', run],
  ['check', check],
  ['schema', schema],
  ['clients', clients],
  ['keys', keys],
  ['revoke', revoke],
  ['revocations', revocations],
  ['audit', audit],
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
  if (name === '--help' || args.includes('--help')) return print(usage());
  const command = commands.get(name ?? '');
  if (name === undefined || command === undefined) {
    terminal.err(
      name === undefined ? usage() : `gatehouse: unknown command \`${name}\`; ${suggestion(name, commands.keys())}\n`,
    );
    return 2;
  }
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

function usage(): string {
  const lines = [...commands.values()].map((command) => {
    const [call = '', what = ''] = command.usage.split(/ {2}/);
    return `  gatehouse ${call.padEnd(24)} ${what}\n`;
  });
  return `${lines.join('')}FILE is gatehouse.yaml unless named; - is standard input.\n`;
}

function version(): string {
  const manifest: unknown = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
  return (manifest as { readonly version: string }).version;
}

// A pipe that closed early (`| head`) is no fault of ours.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));
// Set rather than called: what is still on its way to a pipe must arrive.
process.exitCode = await main(process.argv.slice(2));
