/** What a command needs of the world, passed in so that a test can read along. */
export interface Terminal {
  out(text: string): void;
  err(text: string): void;
  readFile(path: string): Uint8Array;
  /** All of standard input. */
  readInput(): Uint8Array;
  /** Milliseconds since 1970. */
  wall(): number;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** 0 done, 1 the configuration or the request is at fault, 2 wrong usage. */
export type ExitCode = 0 | 1 | 2;

export interface Command {
  /** Its arguments and, after two spaces, what it does; for `gatehouse --help`. */
  readonly usage: string;
  /** Throws a `UsageError`, or that of `parseArgs`, where the arguments are wrong: `cli.ts` turns both into 2. */
  run(args: readonly string[], terminal: Terminal): ExitCode | Promise<ExitCode>;
}

/** Arguments that a command cannot make sense of. */
export class UsageError extends Error {}
