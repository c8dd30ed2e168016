/** How an upstream chooses among its targets, and what of a request decides where it hashes. */
import type { BalanceConfig, HashedBy, UpstreamConfig } from './config.ts';
import type { Path, Report } from './faults.ts';
import { readClaimPath } from './patterns.ts';
import type { UpstreamValue } from './schema-upstream.ts';

const HEADER_NAME = /^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}$/;

export function resolveBalance(value: UpstreamValue['balance'], path: Path, report: Report): BalanceConfig {
  if (typeof value === 'string') return { strategy: value };
  const at = [...path, 'consistent_hash', 'by'];
  const written = value.consistent_hash?.by;
  if (written === undefined) {
    report.error(
      at,
      'consistent hashing needs to know by what; write `by: header:NAME`, `by: claim:NAME` or `by: address`',
    );
    return { strategy: 'round_robin' };
  }
  const by = readHashedBy(written);
  if (by !== undefined) return { strategy: 'consistent_hash', by };
  report.error(at, `${report.written(at)} names nothing; write \`address\`, \`header:NAME\` or \`claim:NAME\``);
  return { strategy: 'round_robin' };
}

function readHashedBy(text: string): HashedBy | undefined {
  if (text === 'address') return { kind: 'address' };
  const name = text.slice(text.indexOf(':') + 1);
  if (text.startsWith('header:'))
    return HEADER_NAME.test(name) ? { kind: 'header', name: name.toLowerCase() } : undefined;
  const path = readClaimPath(name);
  return path && { kind: 'claim', path };
}

/** A route without a token has no claims: all of its callers would meet at one target. */
export function reportHashWithoutToken({ name, balance }: UpstreamConfig, at: Path, report: Report): void {
  if (balance.strategy !== 'consistent_hash' || balance.by.kind !== 'claim') return;
  report.error(
    at,
    `upstream \`${name}\` chooses its targets by a claim, and this route asks for no token; write \`auth\`, or another upstream with \`by: address\``,
  );
}
