/** `gatehouse init`: a first configuration, from a few questions or from an OpenAPI description. */
import { existsSync, writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline/promises';
import { parseArgs } from 'node:util';
import { parse } from 'yaml';
import { formatFault } from '../config/faults.ts';
import { whyUnread } from '../config/files.ts';
import { parseConfig } from '../config/load.ts';
import { RATE } from '../config/units.ts';
import { type Answers, draftOf, type DraftRoute } from '../init/draft.ts';
import { type Described, readOpenApi } from '../init/openapi.ts';
import { type Command, type Terminal, UsageError } from './terminal.ts';

const options = {
  openapi: { type: 'string' },
  service: { type: 'string' },
  issuer: { type: 'string' },
  audience: { type: 'string' },
  quota: { type: 'string' },
  login: { type: 'string' },
  force: { type: 'boolean', default: false },
} as const;

type Values = ReturnType<typeof parseValues>['values'];
/** Asks somebody; where nobody is there, what is said without. */
export type Prompt = (question: string, otherwise: string) => Promise<string>;

export const init: Command = {
  usage:
    'init [FILE] [--openapi API]  write a first configuration, from a few questions or from an OpenAPI description',
  async run(args, terminal) {
    const lines = process.stdin.isTTY ? createInterface({ input: process.stdin, output: process.stderr }) : undefined;
    const ask: Prompt = async (question, otherwise) =>
      (await lines?.question(`${question} [${otherwise || 'none'}]: `))?.trim() || otherwise;
    try {
      return await initialize(args, terminal, ask);
    } finally {
      lines?.close();
    }
  },
};

export async function initialize(args: readonly string[], terminal: Terminal, ask: Prompt): Promise<0 | 1> {
  const { values, positionals } = parseValues(args);
  if (positionals.length > 1) throw new UsageError(`one FILE at a time, not ${positionals.length}`);
  const file = positionals[0] ?? 'gatehouse.yaml';
  if (file !== '-' && !values.force && existsSync(file)) {
    terminal.err(`${file} is there already; --force writes over it\n`);
    return 1;
  }
  const described = values.openapi === undefined ? undefined : describedBy(values.openapi, terminal);
  if (typeof described === 'string') {
    terminal.err(`${values.openapi}: ${described}\n`);
    return 1;
  }
  const text = draftOf(await answersOf(values, described, ask), terminal.wall());
  const { readFile, wall, env } = terminal;
  const loaded = parseConfig(text, file, { readFile, wall, env });
  const faults = loaded.config === undefined ? loaded.faults : loaded.warnings;
  for (const fault of faults) terminal.err(`${formatFault(fault)}\n`);
  if (file === '-') terminal.out(text);
  else {
    writeFileSync(file, text);
    terminal.err(`${file} is written; next: gatehouse check ${file}\n`);
  }
  return loaded.config === undefined ? 1 : 0;
}

function parseValues(args: readonly string[]) {
  return parseArgs({ args: [...args], allowPositionals: true, options });
}

function describedBy(path: string, terminal: Terminal): Described | string {
  let text: string;
  try {
    text = Buffer.from(path === '-' ? terminal.readInput() : terminal.readFile(path)).toString();
  } catch (error) {
    return whyUnread(error, 'name the description');
  }
  try {
    return readOpenApi(parse(text, { maxAliasCount: 100 }));
  } catch (error) {
    return `it is neither YAML nor JSON: ${error instanceof Error ? error.message.split('\n', 1)[0] : ''}`;
  }
}

async function answersOf(values: Values, described: Described | undefined, ask: Prompt): Promise<Answers> {
  const answer = async (given: string | undefined, question: string, otherwise: string): Promise<string> =>
    given ?? (await ask(question, otherwise));
  const service = await answer(values.service, 'Where is your service', described?.service ?? 'http://127.0.0.1:3000');
  if (!/^https?:\/\/[^\s/]+/.test(service)) throw new UsageError('--service is a URL as in `http://127.0.0.1:3000`');
  const wantsTokens = described === undefined || described.routes.some(({ guarded }) => guarded);
  const issuer = wantsTokens ? await answer(values.issuer, 'Who issues tokens (the `iss` of one)', '') : '';
  if (issuer !== '' && !/^https?:\/\/\S+$/.test(issuer))
    throw new UsageError('--issuer is a URL as in `https://auth.example.com`');
  const audience = issuer === '' ? '' : await answer(values.audience, 'For whom are they (their `aud`)', '');
  if (issuer !== '' && audience === '') throw new UsageError('--audience says what stands in `aud` of the tokens');
  const quota = await answer(values.quota, 'How many requests may a caller make', '100/min');
  if (!RATE.test(quota)) throw new UsageError('--quota is a rate as in `100/min`');
  if (described !== undefined) {
    const { routes, notes } = described;
    return { service, issuer, audience, quota, routes, notes };
  }
  const login = await answer(values.login, 'Where do people sign in (a path)', '');
  return { service, issuer, audience, quota, routes: plainRoutes(login, issuer !== ''), notes: [] };
}

/** Everything with a token, a sign-in without, and nothing else. */
function plainRoutes(login: string, guarded: boolean): readonly DraftRoute[] {
  const scopes = new Map<string, readonly string[]>();
  const signIn = { path: login, methods: ['POST'], kind: 'authentication', guarded: false, scopes } as const;
  return [
    ...(login === '' ? [] : [signIn]),
    { path: '/health', methods: ['GET'], kind: 'operations', guarded: false, scopes },
    // What is open to everybody is only read until somebody says otherwise.
    { path: '/*', methods: guarded ? [] : ['GET', 'HEAD'], kind: 'public', guarded, scopes },
  ];
}
