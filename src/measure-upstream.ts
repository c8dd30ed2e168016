/** What is read of an upstream and its targets whenever somebody asks for the metrics. */
import { OPENING_REASONS } from './breaker/breaker.ts';
import type { Metrics } from './log/metrics.ts';
import type { TargetPlan } from './target-plan.ts';
import type { UpstreamPlan } from './upstream-plan.ts';

export function measureUpstream(
  metrics: Metrics,
  upstream: Pick<UpstreamPlan, 'name' | 'targets' | 'available'>,
): void {
  const labels = { upstream: upstream.name };
  metrics.gauge('gatehouse_upstream_targets', 'Targets of an upstream.', labels, () => upstream.targets.length);
  metrics.gauge(
    'gatehouse_upstream_targets_available',
    'Of these, the ones that get requests.',
    labels,
    upstream.available,
  );
}

export function measureTarget(metrics: Metrics, upstream: string, { name: target, pool, breaker }: TargetPlan): void {
  const labels = { upstream, target };
  metrics.gauge('gatehouse_upstream_connections_open', 'Connections to a target.', labels, () => pool.open);
  metrics.gauge('gatehouse_upstream_connections_busy', 'Of these, with a request on them.', labels, () => pool.busy);
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
