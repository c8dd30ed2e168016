/** What a replay found, as values: for tools, and for whoever prints it. */
import { formatQuota } from '../config/units.ts';
import type { CallerDemand } from './demand.ts';
import type { Replay, TierUse } from './replay.ts';

export interface ReplayReport {
  readonly requests: number;
  /** ISO 8601. */
  readonly from: string | null;
  readonly to: string | null;
  readonly out_of_order: number;
  readonly unnamed: number;
  readonly routes: readonly RouteReport[];
  readonly limits: readonly LimitReport[];
  readonly addresses: {
    readonly with_users: number;
    readonly shared: number;
    readonly most_users: readonly { readonly address: string; readonly users: number }[];
    readonly not_looked_at: number;
  };
}

export interface RouteReport {
  readonly route: string;
  readonly requests: number;
  readonly refused: Readonly<Record<string, number>>;
}

export interface LimitReport {
  readonly limit: string;
  readonly quota: string;
  readonly mode: 'enforce' | 'observe';
  readonly requests: number;
  readonly refused: number;
  readonly callers: number;
  /** The smallest that refuses at most the target share. */
  readonly suggested_quota: string;
  readonly peaks: readonly CallerReport[];
  readonly most_refused: readonly CallerReport[];
}

export interface CallerReport {
  readonly caller: string;
  readonly requests: number;
  readonly refused: number;
  readonly peak: number;
  readonly peak_at: string;
}

export interface ReportOptions {
  /** The share of requests that a suggested quota may refuse, 0 to 1. */
  readonly target: number;
  /** How many callers are named. */
  readonly top: number;
}

export function reportOf(replay: Replay, options: ReportOptions): ReplayReport {
  const routes = replay.routes();
  const [from, to] = replay.span();
  const { sharing } = replay;
  return {
    requests: routes.reduce((sum, { requests }) => sum + requests, 0),
    from: timeOf(from),
    to: timeOf(to),
    out_of_order: replay.late(),
    unnamed: replay.unnamed(),
    routes: routes
      .toSorted((one, other) => other.requests - one.requests)
      .map(({ route, requests, refused }) => ({ route, requests, refused: Object.fromEntries(refused) })),
    limits: replay.tiers().map((tier) => limitReport(tier, options)),
    addresses: {
      with_users: sharing.addresses,
      shared: sharing.shared,
      most_users: sharing.top(options.top),
      not_looked_at: sharing.missed,
    },
  };
}

function limitReport({ limit, observes, requests, windowMs, demand }: TierUse, options: ReportOptions): LimitReport {
  return {
    limit,
    quota: formatQuota({ requests, windowMs }),
    mode: observes ? 'observe' : 'enforce',
    requests: demand.requests,
    refused: demand.refused,
    callers: demand.callers,
    suggested_quota: formatQuota({ requests: demand.quotaFor(options.target), windowMs }),
    peaks: demand.top(options.top, ({ peak }) => peak).map(callerReport),
    most_refused: demand.top(options.top, ({ refused }) => refused).map(callerReport),
  };
}

function callerReport({ caller, requests, refused, peak, peakAtMs }: CallerDemand): CallerReport {
  return { caller, requests, refused, peak, peak_at: new Date(peakAtMs).toISOString() };
}

function timeOf(ms: number): string | null {
  return Number.isFinite(ms) ? new Date(ms).toISOString() : null;
}
