/** What is read of an upstream and its targets whenever somebody asks for the metrics. */
import { OPENING_REASONS } from '../breaker/breaker.ts';
import type { ClientToken } from '../auth/client-token.ts';
import type { Labels, Metrics } from '../log/metrics.ts';
import type { TargetPlan } from './target-plan.ts';
import type { UpstreamPlan } from './upstream-plan.ts';
import type { NameWatch } from '../wire/name-watch.ts';

export function measureUpstream(
  metrics: Metrics,
  upstream: Pick<UpstreamPlan, 'name' | 'targets' | 'available' | 'bulkhead' | 'retries' | 'clientToken'>,
): void {
  const labels = { upstream: upstream.name };
  metrics.gauge('gatehouse_upstream_targets', 'Targets of an upstream.', labels, () => upstream.targets.length);
  metrics.gauge(
    'gatehouse_upstream_targets_available',
    'Of these, the ones that get requests.',
    labels,
    upstream.available,
  );
  const { bulkhead, retries } = upstream;
  metrics.gauge('gatehouse_upstream_requests', 'Requests that an upstream has.', labels, () => bulkhead.inside);
  metrics.gauge('gatehouse_upstream_requests_limit', 'As many as it may have.', labels, () => bulkhead.limit);
  metrics.gauge('gatehouse_upstream_requests_queued', 'Requests that wait for a place.', labels, () => bulkhead.queued);
  metrics.counterFrom('gatehouse_upstream_retries_total', 'Requests sent again.', labels, retries.count);
  metrics.counterFrom(
    'gatehouse_upstream_retries_refused_total',
    'Requests not sent again, because the budget was used up.',
    labels,
    retries.refused,
  );
  if (upstream.clientToken !== undefined) measureClientToken(metrics, labels, upstream.clientToken.state);
}

function measureClientToken(metrics: Metrics, labels: Labels, state: ClientToken['state']): void {
  metrics.counterFrom(
    'gatehouse_client_token_requests_total',
    'Requests for a token by which the gateway calls an upstream.',
    labels,
    () => state().requests,
  );
  metrics.counterFrom(
    'gatehouse_client_token_failures_total',
    'Of these, the ones that failed.',
    labels,
    () => state().failures,
  );
  metrics.counterFrom(
    'gatehouse_client_token_refused_total',
    'Tokens that the upstream did not take, and that another was asked for in the place of.',
    labels,
    () => state().refused,
  );
  metrics.gauge(
    'gatehouse_client_token_remaining_seconds',
    'How long the token is still good; NaN while there is none.',
    labels,
    () => (state().remainingMs ?? Number.NaN) / 1000,
  );
}

export function measureTarget(
  metrics: Metrics,
  upstream: string,
  { name: target, pool, breaker, health }: TargetPlan,
): void {
  const labels = { upstream, target };
  metrics.gauge('gatehouse_upstream_connections_open', 'Connections to a target.', labels, () => pool.open);
  metrics.gauge('gatehouse_upstream_connections_busy', 'Of these, with a request on them.', labels, () => pool.busy);
  if (health !== undefined) {
    metrics.gauge('gatehouse_target_healthy', '1 while the checks of a target are passed.', labels, () =>
      health.isUp() ? 1 : 0,
    );
    for (const result of ['passed', 'failed'] as const) {
      metrics.counterFrom('gatehouse_health_checks_total', 'Checks of a target.', { ...labels, result }, () =>
        health.checks(result),
      );
    }
  }
  if (breaker === undefined) return;
  metrics.gauge(
    'gatehouse_circuit_open',
    '1 while the circuit is open, 0.5 while it is half-open.',
    labels,
    () => ({ closed: 0, half_open: 0.5, open: 1 })[breaker.state()],
  );
  for (const reason of OPENING_REASONS) {
    metrics.counterFrom(
      'gatehouse_circuit_openings_total',
      'How often the circuit has opened, and why.',
      { ...labels, reason },
      () => breaker.openings(reason),
    );
  }
}

export function measureName(
  metrics: Metrics,
  upstream: string,
  { host, watch }: { readonly host: string; readonly watch: Pick<NameWatch, 'failures'> },
): void {
  metrics.counterFrom(
    'gatehouse_name_failures_total',
    'Times that the addresses of a name could not be had.',
    { upstream, host },
    watch.failures,
  );
}
