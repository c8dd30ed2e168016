/**
 * What is read from the plan's parts whenever somebody asks for the metrics:
 * gauges and counters that their owners keep anyway, so they cost a request
 * nothing.
 */
import type { LineWriter } from '../log/line-writer.ts';
import type { Metrics } from '../log/metrics.ts';
import type { Plan } from '../plan.ts';
import { PRIORITIES } from './pressure.ts';
import type { WireCounters } from '../wire/counters.ts';

/** Registers the series of `plan` with its metrics. */
export function measure(plan: Plan, wire: WireCounters, lines: LineWriter | undefined): void {
  const { metrics } = plan;

  metrics.gauge('gatehouse_connections_open', 'Connections from callers.', {}, () => wire.connectionsOpen);
  metrics.counterFrom('gatehouse_connections_total', 'Connections accepted.', {}, () => wire.connectionsAccepted);
  metrics.gauge('gatehouse_tunnels_open', 'Tunnels of WebSocket.', {}, () => wire.tunnelsOpen);
  const closings = {
    over_limit: () => wire.connectionsRefused,
    over_address_limit: () => wire.connectionsRefusedByAddress,
    out_of_memory: () => wire.connectionsShed,
    handshake: () => wire.handshakesFailed,
    malformed: () => wire.malformed,
    slow_head: () => wire.slowHeads,
    slow_body: () => wire.slowBodies,
    slow_reader: () => wire.slowReaders,
    protocol: () => wire.protocolErrors,
    resets: () => wire.resets,
    flood: () => wire.floods,
    drain: () => wire.drainsCut,
  };
  for (const [reason, read] of Object.entries(closings)) {
    metrics.counterFrom(
      'gatehouse_connections_cut_total',
      'Connections that the gateway closed for a fault.',
      { reason },
      read,
    );
  }

  for (const limiter of plan.limiters) {
    const labels = { limit: limiter.name };
    const { counters } = limiter;
    const decisions = {
      allowed: () => counters.allowed,
      refused: () => counters.refused,
      would_refuse: () => counters.wouldRefuse,
    };
    for (const [decision, read] of Object.entries(decisions)) {
      metrics.counterFrom(
        'gatehouse_limit_decisions_total',
        'Requests a limit has decided on.',
        { ...labels, decision },
        read,
      );
    }
    metrics.gauge('gatehouse_limit_callers', 'Callers that a limit counts now.', labels, limiter.callers);
    metrics.counterFrom(
      'gatehouse_limit_evictions_total',
      'Callers forgotten before their window was over.',
      labels,
      limiter.evictions,
    );
  }

  for (const [jwks_uri, keySet] of plan.keySets) {
    const labels = { jwks_uri };
    metrics.gauge(
      'gatehouse_key_set_age_seconds',
      'Since the key set was fetched; NaN while there is none.',
      labels,
      () => (keySet.state().ageMs ?? Number.NaN) / 1000,
    );
    metrics.gauge('gatehouse_key_set_keys', 'Keys that can verify a token.', labels, () => keySet.state().keys);
    metrics.gauge(
      'gatehouse_key_set_stale',
      '1 while a set is used past its TTL because it cannot be renewed.',
      labels,
      () => (keySet.state().stale ? 1 : 0),
    );
    metrics.counterFrom(
      'gatehouse_key_set_fetches_total',
      'Fetches of the key set.',
      labels,
      () => keySet.state().fetches,
    );
    metrics.counterFrom(
      'gatehouse_key_set_failures_total',
      'Fetches of the key set that failed.',
      labels,
      () => keySet.state().failures,
    );
  }

  const sumOf = (field: 'hits' | 'misses' | 'entries' | 'bytes') => () =>
    plan.tokenCaches.reduce((sum, cache) => sum + cache.stats()[field], 0);
  metrics.counterFrom('gatehouse_token_cache_hits_total', 'Tokens found verified.', {}, sumOf('hits'));
  metrics.counterFrom('gatehouse_token_cache_misses_total', 'Tokens that had to be verified.', {}, sumOf('misses'));
  metrics.gauge('gatehouse_token_cache_entries', 'Verified tokens kept.', {}, sumOf('entries'));
  metrics.gauge('gatehouse_token_cache_bytes', 'Memory of the verified tokens kept, estimated.', {}, sumOf('bytes'));

  if (lines !== undefined)
    metrics.counterFrom(
      'gatehouse_access_lines_dropped_total',
      'Access lines lost because they could not be written.',
      {},
      lines.dropped,
    );
  metrics.gauge('gatehouse_heap_used_ratio', 'Of the heap there may be.', {}, () => plan.pressure.heapShare);
  metrics.gauge(
    'gatehouse_event_loop_delay_seconds',
    'How late the event loop came to the last look, of twenty a second.',
    {},
    () => plan.pressure.delayMs / 1000,
  );
  metrics.gauge(
    'gatehouse_overload_level',
    '0 while nothing is refused; 1 when all of priority low is, 2 all of normal too, 3 all of high.',
    {},
    () => plan.pressure.level,
  );
  for (const [at, priority] of PRIORITIES.entries()) {
    metrics.counterFrom(
      'gatehouse_requests_shed_total',
      'Requests refused because there was too much to do.',
      { priority },
      () => plan.pressure.shed[at]!,
    );
  }
  metrics.gauge('process_resident_memory_bytes', 'Resident memory.', {}, () => process.memoryUsage.rss());
  metrics.counterFrom('process_cpu_seconds_total', 'User and system CPU time.', {}, () => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1e6;
  });
}

/** Registers when each certificate that callers are shown expires. `certificates` answers with those in use. */
export function measureCertificates(
  metrics: Metrics,
  certificates: () => readonly { readonly certFile: string; readonly notAfter: number }[],
): void {
  for (const { certFile: file } of certificates()) {
    metrics.gauge(
      'gatehouse_certificate_not_after_seconds',
      'When the certificate expires, in seconds since 1970.',
      { file },
      () => (certificates().find(({ certFile }) => certFile === file)?.notAfter ?? Number.NaN) / 1000,
    );
  }
}
