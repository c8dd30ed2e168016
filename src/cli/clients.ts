/** `gatehouse clients`: who may have tokens. A secret is printed when it is made, and never again. */
import { parseArgs } from 'node:util';
import { whyUnread } from '../config/files.ts';
import { suggestion } from '../config/nearest.ts';
import { viewOf, viewOfStatic } from '../oauth/client-view.ts';
import { DeskFault } from '../oauth/desk.ts';
import {
  clientCalled,
  createClient,
  deleteClient,
  enableClient,
  revokeClient,
  revokeStaticClient,
  rotateSecret,
} from '../oauth/manage-clients.ts';
import type { StoredClient } from '../store/store.ts';
import { printSecret, printState } from './client-view.ts';
import { atDesk, DESK_OPTIONS, type OpenDesk } from './desk.ts';
import { readDuration, words } from './option-values.ts';
import { columns, printJson } from './print.ts';
import { type Command, type ExitCode, type Terminal, UsageError } from './terminal.ts';

const options = {
  ...DESK_OPTIONS,
  scope: { type: 'string', multiple: true },
  'default-scope': { type: 'string', multiple: true },
  audience: { type: 'string', multiple: true },
  ttl: { type: 'string' },
  jwks: { type: 'string' },
  overlap: { type: 'string' },
  reason: { type: 'string' },
} as const;

type Values = ReturnType<typeof parse>['values'];
interface Job {
  readonly desk: OpenDesk;
  readonly terminal: Terminal;
  readonly values: Values;
  /** What the command is about: a client's name or id. */
  readonly about: string;
}

const actions: ReadonlyMap<string, { readonly takes: readonly (keyof Values)[]; readonly run: Run }> = new Map(
  Object.entries({
    create: { takes: ['scope', 'default-scope', 'audience', 'ttl', 'jwks'], run: create },
    list: { takes: [], run: list },
    show: { takes: [], run: show },
    rotate: { takes: ['overlap'], run: rotate },
    disable: { takes: [], run: (job) => setEnabled(job, false) },
    enable: { takes: [], run: (job) => setEnabled(job, true) },
    revoke: { takes: ['reason'], run: revoke },
    delete: { takes: [], run: remove },
  } satisfies Record<string, { readonly takes: readonly (keyof Values)[]; readonly run: Run }>),
);

type Run = (job: Job) => Promise<ExitCode | string>;

export const clients: Command = {
  usage: `clients ${[...actions.keys()].join('|')} [CLIENT]  who may have tokens of the authorization server`,
  async run(args, terminal) {
    const { values, positionals } = parse(args);
    const [name = '', ...rest] = positionals;
    const action = actions.get(name);
    if (action === undefined)
      throw new UsageError(`no command \`clients ${name}\`; ${suggestion(name, actions.keys())}`);
    if (rest.length !== (name === 'list' ? 0 : 1))
      throw new UsageError(`clients ${name} takes ${name === 'list' ? 'nothing' : 'one CLIENT'}`);
    const allowed = new Set<string>([...action.takes, 'config', 'json']);
    const extra = Object.keys(values).find((key) => !allowed.has(key));
    if (extra !== undefined) throw new UsageError(`clients ${name} has no option --${extra}`);
    if (name === 'create' && values.scope === undefined) throw new UsageError('clients create needs --scope');
    if (name === 'revoke' && values.reason === undefined) throw new UsageError('clients revoke needs --reason');
    return await atDesk(values.config, terminal, (desk) =>
      action.run({ desk, terminal, values, about: rest[0] ?? '' }),
    );
  },
};

function parse(args: readonly string[]) {
  return parseArgs({ args: [...args], allowPositionals: true, options });
}

async function create({ desk, terminal, values, about }: Job): Promise<ExitCode | string> {
  const scopes = words(values.scope);
  const declared = desk.config.scopes;
  const unknown = scopes.find((scope) => declared?.has(scope) === false);
  if (unknown !== undefined) {
    return `the scope \`${unknown}\` is not among \`scopes\`; ${suggestion(unknown, declared!.keys())}`;
  }
  let jwks: string | undefined;
  try {
    jwks = values.jwks === undefined ? undefined : Buffer.from(terminal.readFile(values.jwks)).toString('utf8');
  } catch (error) {
    return whyUnread(error, 'name a JWK set');
  }
  const made = await createClient(desk, {
    name: about,
    scopes,
    defaultScopes: values['default-scope'] === undefined ? scopes : words(values['default-scope']),
    audiences: words(values.audience),
    tokenTtlMs: values.ttl === undefined ? undefined : readDuration('ttl', values.ttl),
    jwks,
  });
  return made instanceof DeskFault ? made.message : printSecret(made, terminal, values.json);
}

async function list({ desk, terminal, values }: Job): Promise<ExitCode> {
  const stored = await desk.store.clients();
  const all = [...stored.map((client) => viewOf(client)), ...desk.oauth2.clients.map(viewOfStatic)];
  if (values.json) return printJson(terminal, all);
  const rows = all.map(({ client_id, state, scopes, created_at }) => [
    client_id,
    state,
    scopes.join(' '),
    created_at ?? '-',
  ]);
  terminal.out(columns(['CLIENT_ID', 'STATE', 'SCOPES', 'CREATED'], rows));
  return 0;
}

async function show({ desk, terminal, values, about }: Job): Promise<ExitCode | string> {
  const fixed = desk.oauth2.clients.find(({ id }) => id === about);
  const client = fixed === undefined ? await find(desk, about) : undefined;
  if (typeof client === 'string') return client;
  const view = client === undefined ? viewOfStatic(fixed!) : viewOf(client);
  if (values.json) return printJson(terminal, view);
  for (const [key, value] of Object.entries(view)) {
    const text = typeof value === 'string' ? value : JSON.stringify(value ?? '-');
    terminal.out(`${key.padEnd(15)} ${text}\n`);
  }
  return 0;
}

async function rotate({ desk, terminal, values, about }: Job): Promise<ExitCode | string> {
  const client = await find(desk, about);
  if (typeof client === 'string') return client;
  const overlapMs =
    values.overlap === undefined ? desk.oauth2.secretOverlapMs : readDuration('overlap', values.overlap);
  const made = await rotateSecret(desk, client.id, overlapMs);
  return made instanceof DeskFault ? made.message : printSecret(made, terminal, values.json);
}

async function setEnabled({ desk, terminal, values, about }: Job, enabled: boolean): Promise<ExitCode | string> {
  const client = await find(desk, about);
  if (typeof client === 'string') return client;
  const changed = await enableClient(desk, client.id, enabled);
  return changed instanceof DeskFault ? changed.message : printState(changed, terminal, values.json);
}

async function revoke({ desk, terminal, values, about }: Job): Promise<ExitCode | string> {
  const reason = values.reason!;
  if (desk.oauth2.clients.some(({ id }) => id === about)) {
    await revokeStaticClient(desk, about, reason);
    if (values.json) return printJson(terminal, { client_id: about, state: 'revoked' });
    terminal.out(`${about} is revoked for good; take it out of the configuration\n`);
    return 0;
  }
  const client = await find(desk, about);
  if (typeof client === 'string') return client;
  const revoked = await revokeClient(desk, client.id, reason);
  return revoked instanceof DeskFault ? revoked.message : printState(revoked, terminal, values.json);
}

async function remove({ desk, terminal, values, about }: Job): Promise<ExitCode | string> {
  const client = await find(desk, about);
  if (typeof client === 'string') return client;
  const fault = await deleteClient(desk, client.id);
  if (fault !== undefined) return fault.message;
  if (values.json) return printJson(terminal, { client_id: client.id, state: 'deleted' });
  terminal.out(`${client.id} is deleted\n`);
  return 0;
}

/** By id or name. */
async function find({ store, oauth2 }: OpenDesk, about: string): Promise<StoredClient | string> {
  const all = await store.clients();
  const found = clientCalled(about, all);
  if (found !== undefined) return found;
  if (oauth2.clients.some(({ id }) => id === about))
    return `client \`${about}\` stands in the configuration; change it there`;
  return `there is no client \`${about}\`; ${suggestion(
    about,
    all.map(({ name }) => name),
  )}`;
}
