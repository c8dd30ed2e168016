import assert from 'node:assert/strict';
import { test } from 'node:test';
import { refusalTable, type RefusalCode } from '../refusal.ts';
import { createMetrics } from './metrics.ts';
import { createRefusalMetrics, createRequestMetrics } from './request-metrics.ts';

test('counters, gauges and histograms are rendered in the text format', () => {
  const metrics = createMetrics();
  metrics.counter('gatehouse_requests_total', 'Requests\nanswered \\o/.', { route: 'a "b"\\\n' }).add(2);
  metrics.counter('gatehouse_requests_total', 'Requests\nanswered \\o/.', { route: 'other' });
  metrics.counter('gatehouse_plain_total', 'Plain.').add(0.5);
  metrics.gauge('gatehouse_age_seconds', 'Age.', { issuer: 'main' }, () => 1.5);
  metrics.counterFrom('gatehouse_hits_total', 'Hits.', {}, () => Number.NaN);
  const histogram = metrics.histogram('gatehouse_duration_seconds', 'Duration.', [0.1, 1], { route: 'a' });
  for (const value of [0.05, 0.1, 0.5, 7]) histogram.observe(value);
  metrics.histogram('gatehouse_bare_seconds', 'Bare.', [1]).observe(Number.POSITIVE_INFINITY);
  assert.equal(
    metrics.render(),
    [
      '# HELP gatehouse_requests_total Requests\\nanswered \\\\o/.',
      '# TYPE gatehouse_requests_total counter',
      'gatehouse_requests_total{route="a \\"b\\"\\\\\\n"} 2',
      'gatehouse_requests_total{route="other"} 0',
      '# HELP gatehouse_plain_total Plain.',
      '# TYPE gatehouse_plain_total counter',
      'gatehouse_plain_total 0.5',
      '# HELP gatehouse_age_seconds Age.',
      '# TYPE gatehouse_age_seconds gauge',
      'gatehouse_age_seconds{issuer="main"} 1.5',
      '# HELP gatehouse_hits_total Hits.',
      '# TYPE gatehouse_hits_total counter',
      'gatehouse_hits_total NaN',
      '# HELP gatehouse_duration_seconds Duration.',
      '# TYPE gatehouse_duration_seconds histogram',
      'gatehouse_duration_seconds_bucket{route="a",le="0.1"} 2',
      'gatehouse_duration_seconds_bucket{route="a",le="1"} 3',
      'gatehouse_duration_seconds_bucket{route="a",le="+Inf"} 4',
      'gatehouse_duration_seconds_sum{route="a"} 7.65',
      'gatehouse_duration_seconds_count{route="a"} 4',
      '# HELP gatehouse_bare_seconds Bare.',
      '# TYPE gatehouse_bare_seconds histogram',
      'gatehouse_bare_seconds_bucket{le="1"} 0',
      'gatehouse_bare_seconds_bucket{le="+Inf"} 1',
      'gatehouse_bare_seconds_sum +Inf',
      'gatehouse_bare_seconds_count 1',
      '',
    ].join('\n'),
  );
});

test('asking again for a series gives the same one, and a new reader takes the place of the old', () => {
  const metrics = createMetrics();
  for (let plan = 1; plan <= 2; plan++) {
    metrics.counter('a_total', 'A.', { route: 'r' }).add(1);
    metrics.histogram('b_seconds', 'B.', [1]).observe(1);
    metrics.gauge('c', 'C.', {}, () => plan);
  }
  const text = metrics.render();
  assert.match(text, /^a_total\{route="r"\} 2$/m);
  assert.match(text, /^b_seconds_count 2$/m);
  assert.deepEqual(text.match(/^c .*$/gm), ['c 2']);
  assert.throws(() => metrics.gauge('a_total', 'A.', {}, () => 0), /counter already/);
});

test('OBS-03 requests and refusals are counted to the unit', () => {
  const metrics = createMetrics();
  const requests = createRequestMetrics(metrics, 'orders', 'up');
  const refusals = createRefusalMetrics(metrics);
  for (const status of [200, 204, 304, 401, 401, 429, 502]) requests.observe(status, 12, status < 400 ? 8 : undefined);
  refusals.count('invalid_token', 'expired');
  refusals.count('invalid_token', 'expired');
  for (const code of Object.keys(refusalTable)) refusals.count(code as RefusalCode, undefined);
  const text = metrics.render();
  const lines = [
    'gatehouse_requests_total{route="orders",status_class="2xx"} 2',
    'gatehouse_requests_total{route="orders",status_class="3xx"} 1',
    'gatehouse_requests_total{route="orders",status_class="4xx"} 3',
    'gatehouse_requests_total{route="orders",status_class="5xx"} 1',
    'gatehouse_request_duration_seconds_bucket{route="orders",le="0.01"} 0',
    'gatehouse_request_duration_seconds_bucket{route="orders",le="0.025"} 7',
    'gatehouse_request_duration_seconds_count{route="orders"} 7',
    'gatehouse_upstream_duration_seconds_count{upstream="up"} 3',
    'gatehouse_refusals_total{code="invalid_token",reason="expired"} 2',
    'gatehouse_refusals_total{code="invalid_token",reason="signature"} 0',
  ];
  for (const line of lines) assert.ok(text.includes(`${line}\n`), line);
  for (const code of Object.keys(refusalTable)) {
    assert.ok(text.includes(`gatehouse_refusals_total{code="${code}",reason=""} 1\n`), code);
  }
});

test('DOS-08 no request makes a series', () => {
  const metrics = createMetrics();
  const requests = createRequestMetrics(metrics, 'r', undefined);
  const refusals = createRefusalMetrics(metrics);
  const count = () => metrics.render().split('\n').length;
  const before = count();
  for (let status = 0; status < 1000; status++) requests.observe(status, status, status);
  refusals.count('no_route', undefined);
  assert.equal(count(), before);
});
