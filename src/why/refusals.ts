/**
 * The latest refusals, kept for whoever asks why: bounded by number and by
 * bytes, so that a flood of them pushes out the oldest and takes no memory. What
 * is admitted costs nothing. A refusal costs a copy of a few short texts, about a
 * microsecond, two with a token; what they mean is worked out when somebody asks.
 */
import type { Principal } from '../auth/principal.ts';
import { createTokenFinder, type FindToken } from '../auth/token-source.ts';
import type { Config, RouteConfig } from '../config/config.ts';
import type { Passage } from '../passage.ts';
import type { Refusal } from '../refusal.ts';
import type { Stage } from '../stage.ts';

export interface Refused {
  readonly requestId: string;
  readonly method: string;
  readonly address: string;
  /** Without its query, and not all of a long one. */
  readonly path: string;
  /** Header and payload of the token that was not accepted, as it came, without its signature. */
  readonly unsigned: string | undefined;
  /** Wall clock. */
  readonly atMs: number;
  readonly refusal: Refusal;
  readonly stage: Stage;
  readonly routeName: string | undefined;
  /** Absent where no route was found, and where the gateway answers itself. */
  readonly route: RouteConfig | undefined;
  readonly principal: Principal | undefined;
  readonly config: ConfigFacts;
}

/** What is the same for all refusals under one configuration; the rest of it is let go. */
export type ConfigFacts = Pick<Config, 'file' | 'failedAuthentications'>;

export interface Happened {
  readonly refusal: Refusal;
  readonly stage: Stage;
  readonly atMs: number;
}

export interface Refusals {
  /** What keeps the refusals under one configuration. */
  keeper(config: ConfigFacts): (passage: Passage, happened: Happened) => void;
  /** The latest with this id. */
  find(requestId: string): Refused | undefined;
  size(): number;
}

interface Kept extends Omit<Refused, 'requestId' | 'method' | 'address' | 'path' | 'unsigned'> {
  /** Id, method, address, path and token, by spaces. One text, so that it is copied once. */
  readonly text: string;
  readonly bytes: number;
}

const MOST_PATH_CHARS = 200;
/** The objects beside the text. */
const ENTRY_BYTES = 300;
/** What a token was read into, for each of its characters. */
const BYTES_PER_CLAIM_CHAR = 3;

export function createRefusals({ entries = 10_000, bytes: mostBytes = 16 * 1024 * 1024 } = {}): Refusals {
  const kept: (Kept | undefined)[] = Array.from({ length: entries }, () => undefined);
  /** Where the oldest is, and how many there are. */
  let oldest = 0;
  let count = 0;
  let bytes = 0;

  function dropOldest(): void {
    bytes -= kept[oldest]!.bytes;
    kept[oldest] = undefined;
    oldest = (oldest + 1) % entries;
    count--;
  }

  function push(entry: Kept): void {
    while (count > 0 && (count === entries || bytes + entry.bytes > mostBytes)) dropOldest();
    kept[(oldest + count) % entries] = entry;
    count++;
    bytes += entry.bytes;
  }

  return {
    keeper({ file, failedAuthentications }) {
      const config = { file, failedAuthentications };
      const finders = new Map<RouteConfig, FindToken>();
      return (passage, { refusal, stage, atMs }) => {
        const { request, principal } = passage;
        const route = passage.route?.config;
        const token = route?.auth === undefined ? undefined : finderOf(route, finders)(request);
        const unsigned = refusal.code === 'invalid_token' && typeof token === 'string' ? withoutSignature(token) : '';
        const path = passage.path.length > MOST_PATH_CHARS ? passage.path.slice(0, MOST_PATH_CHARS) : passage.path;
        const text = flat(`${passage.requestId} ${request.method} ${passage.address} ${path} ${unsigned}`);
        const claims = principal === undefined ? 0 : (token?.length ?? 0) * BYTES_PER_CLAIM_CHAR;
        push({
          text,
          bytes: ENTRY_BYTES + text.length + claims,
          atMs,
          refusal,
          stage,
          routeName: passage.route?.name,
          route,
          principal,
          config,
        });
      };
    },
    find(requestId) {
      const start = `${requestId} `;
      for (let at = count - 1; at >= 0; at--) {
        const entry = kept[(oldest + at) % entries]!;
        if (entry.text.startsWith(start)) return refusedOf(entry);
      }
      return undefined;
    },
    size: () => count,
  };
}

function finderOf(route: RouteConfig, finders: Map<RouteConfig, FindToken>): FindToken {
  let find = finders.get(route);
  if (find === undefined) finders.set(route, (find = createTokenFinder(route.auth!.source)));
  return find;
}

/** Nothing of a text that is no JWS: it may be a secret as a whole. */
function withoutSignature(token: string): string {
  const first = token.indexOf('.');
  const second = token.indexOf('.', first + 1);
  if (first < 1 || second === -1 || token.includes('.', second + 1)) return '';
  const unsigned = token.slice(0, second);
  return unsigned.includes(' ') ? '' : unsigned;
}

/** A part of a text keeps the whole of it in memory: here the head of the request, with the signature in it. */
function flat(text: string): string {
  return Buffer.from(text, 'latin1').toString('latin1');
}

function refusedOf(kept: Kept): Refused {
  const { text, bytes: _, ...rest } = kept;
  const [requestId = '', method = '', address = '', ...others] = text.split(' ');
  // A path that could not be read may hold anything.
  const unsigned = others.pop();
  return {
    ...rest,
    requestId,
    method,
    address,
    path: others.join(' '),
    unsigned: unsigned === '' ? undefined : unsigned,
  };
}
