/** `gatehouse revoke` and `gatehouse revocations`: tokens that are good no more, of this issuer or another. */
import { parseArgs } from 'node:util';
import { suggestion } from '../config/nearest.ts';
import { SELF } from '../config/resolve-oauth2.ts';
import { EXPIRY_MARGIN_MS, MAX_TOKEN_TTL_MS } from '../oauth/key-schedule.ts';
import { DeskFault } from '../oauth/desk.ts';
import { revokeClient } from '../oauth/manage-clients.ts';
import { previewRevocation, revokeTokens, type WantedRevocation } from '../oauth/manage-revocations.ts';
import type { RevocationGrain } from '../store/store.ts';
import { atDesk, DESK_OPTIONS, type OpenDesk } from './desk.ts';
import { readTime } from './option-values.ts';
import { columns, printJson, when } from './print.ts';
import { type Command, type ExitCode, type Terminal, UsageError } from './terminal.ts';

/** Kept so long where an issuer's tokens have no longest lifetime: longer than they can matter. */
const FOR_GOOD_MS = 10 * 365 * 86_400_000;

const options = {
  ...DESK_OPTIONS,
  client: { type: 'string' },
  token: { type: 'string' },
  subject: { type: 'string' },
  'issued-before': { type: 'string' },
  issuer: { type: 'string' },
  reason: { type: 'string' },
  'dry-run': { type: 'boolean', default: false },
} as const;

type Values = ReturnType<typeof parse>;

export const revoke: Command = {
  usage:
    'revoke --client ID|--token JTI|--subject SUB|--issued-before T --reason WHY [--issuer ISS] [--dry-run]  refuse tokens from now on',
  async run(args, terminal) {
    const values = parse(args);
    const target = targetOf(values);
    const before =
      values['issued-before'] === undefined ? undefined : readTime('issued-before', values['issued-before']);
    const { reason, 'dry-run': dryRun } = values;
    if (reason === undefined && !dryRun) throw new UsageError('revoke needs --reason, or --dry-run');
    return await atDesk(values.config, terminal, async (desk) => {
      const issuer = issuerOf(desk, values.issuer);
      if (typeof issuer === 'string') return issuer;
      const now = desk.now();
      const issuedUntil = before === undefined ? now : before - 1;
      const expiresAt = Math.max(now, issuedUntil) + issuer.longestMs + EXPIRY_MARGIN_MS;
      const wanted = { ...target, issuer: issuer.url, issuedUntil, expiresAt, reason: reason ?? '' };
      if (dryRun) return await preview(desk, wanted, terminal, values.json);
      // Of a client of ours with the secret still in strange hands, new tokens would follow.
      if (target.grain === 'client' && before === undefined && issuer.url === desk.issuer) {
        const client = (await desk.store.clients()).find(
          ({ id, name }) => id === target.value || name === target.value,
        );
        if (client !== undefined) {
          const revoked = await revokeClient(desk, client.id, wanted.reason);
          if (revoked instanceof DeskFault) return revoked.message;
          return print([{ ...wanted, value: client.id }], terminal, values.json);
        }
      }
      return print([await revokeTokens(desk, wanted)], terminal, values.json);
    });
  },
};

export const revocations: Command = {
  usage: 'revocations  what is revoked, and until when that is kept',
  async run(args, terminal) {
    const { values } = parseArgs({ args: [...args], options: DESK_OPTIONS });
    return await atDesk(values.config, terminal, async ({ store, now }) => {
      const all = await store.revocations();
      return printList(
        all.filter(({ expiresAt }) => now() < expiresAt),
        terminal,
        values.json,
      );
    });
  },
};

function parse(args: readonly string[]) {
  return parseArgs({ args: [...args], options }).values;
}

function targetOf(values: Values): Pick<WantedRevocation, 'grain' | 'value'> {
  const named = (['client', 'token', 'subject'] as const).flatMap(
    (grain): { grain: RevocationGrain; value: string }[] => {
      const value = values[grain];
      return value === undefined ? [] : [{ grain, value }];
    },
  );
  if (named.length > 1) throw new UsageError('revoke takes one of --client, --token and --subject');
  const [target] = named;
  if (target?.grain === 'token' && values['issued-before'] !== undefined) {
    throw new UsageError('a token is revoked whole: --token goes without --issued-before');
  }
  if (target?.value === '') throw new UsageError(`--${target.grain} is empty`);
  if (target !== undefined) return target;
  if (values['issued-before'] === undefined) {
    throw new UsageError('revoke needs --client, --token, --subject or --issued-before');
  }
  return { grain: 'issuer', value: '' };
}

/** By its name in the configuration or by its `iss`; the authorization server itself where none is named. */
function issuerOf(
  { config, issuer }: OpenDesk,
  named: string | undefined,
): { readonly url: string; readonly longestMs: number } | string {
  if (named === undefined || named === issuer || named === SELF) return { url: issuer, longestMs: MAX_TOKEN_TTL_MS };
  const all = [...config.issuers, ...config.routes.flatMap(({ auth }) => auth?.issuers ?? [])];
  const known = all.filter(({ name, issuer: url }) => name === named || url === named);
  if (known.length === 0) {
    return `no route knows the issuer \`${named}\`; ${suggestion(named, new Set(all.map(({ name }) => name)))}`;
  }
  return {
    url: known[0]!.issuer,
    longestMs: Math.max(...known.map(({ maxTokenLifetimeMs = FOR_GOOD_MS }) => maxTokenLifetimeMs)),
  };
}

async function preview(
  desk: OpenDesk,
  wanted: WantedRevocation,
  terminal: Terminal,
  json: boolean,
): Promise<ExitCode | string> {
  const cutOff = await previewRevocation(desk.store, wanted, 2 * desk.now() - wanted.expiresAt);
  const rows = cutOff.map(({ client, subject, route, calls, lastAt }) => ({
    client: client ?? null,
    subject: subject ?? null,
    route: route ?? null,
    calls,
    last_seen: when(lastAt),
  }));
  if (json) return printJson(terminal, rows);
  if (rows.length === 0) terminal.out('No call in the trail was made with such a token of late.\n');
  else {
    const cells = rows.map((row) => [
      row.client ?? '-',
      row.subject ?? '-',
      row.route ?? '-',
      String(row.calls),
      row.last_seen,
    ]);
    terminal.out(columns(['CLIENT', 'SUBJECT', 'ROUTE', 'CALLS', 'LAST SEEN'], cells));
  }
  return 0;
}

function print(all: readonly WantedRevocation[], terminal: Terminal, json: boolean): ExitCode {
  return printList(
    all.map((one) => ({ by: undefined, createdAt: undefined, ...one })),
    terminal,
    json,
  );
}

type Listed = WantedRevocation & { readonly by?: string | undefined; readonly createdAt?: number | undefined };

function printList(all: readonly Listed[], terminal: Terminal, json: boolean): ExitCode {
  const rows = all.map(({ issuer, grain, value, issuedUntil, reason, by, createdAt, expiresAt }) => ({
    grain,
    value,
    issuer,
    issued_until: when(issuedUntil),
    reason,
    ...(by !== undefined && { by }),
    ...(createdAt !== undefined && { created_at: when(createdAt) }),
    kept_until: when(expiresAt),
  }));
  if (json) return printJson(terminal, rows);
  const cells = rows.map((row) => [row.grain, row.value, row.issuer, row.issued_until, row.kept_until, row.reason]);
  terminal.out(columns(['GRAIN', 'VALUE', 'ISSUER', 'ISSUED UNTIL', 'KEPT UNTIL', 'REASON'], cells));
  return 0;
}
