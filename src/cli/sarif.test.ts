import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Fault } from '../config/faults.ts';
import { rules } from '../config/rules/rules.ts';
import { sarifOf } from './sarif.ts';

const FAULT: Fault = { file: 'conf d/g.yaml', line: 3, column: 7, severity: 'error', message: 'no; yes' };
const FINDING: Fault = {
  ...FAULT,
  file: '/etc/g.yaml',
  severity: 'warning',
  message: 'what',
  finding: { rule: 'no-audience', mend: 'how', route: undefined },
};

interface SarifRun {
  readonly tool: {
    readonly driver: {
      readonly rules: readonly {
        readonly id: string;
        readonly shortDescription: { readonly text: string };
        readonly defaultConfiguration: { readonly level: string };
      }[];
    };
  };
  readonly results: readonly {
    readonly ruleId: string;
    readonly ruleIndex: number;
    readonly message: { readonly text: string };
    readonly locations: readonly {
      readonly physicalLocation: { readonly artifactLocation: { readonly uri: string } };
    }[];
    readonly suppressions?: unknown;
  }[];
}

function runOf(faults: readonly Fault[], waived: readonly Fault[] = []) {
  const log = sarifOf({ faults, waived, version: '1.2.3' }) as {
    readonly version: string;
    readonly runs: readonly SarifRun[];
  };
  assert.equal(log.version, '2.1.0');
  assert.equal(log.runs.length, 1);
  return log.runs[0]!;
}

test('every rule is described, once, and results point at theirs', () => {
  const { tool, results } = runOf([FAULT, FINDING]);
  const ids = tool.driver.rules.map(({ id }: { readonly id: string }) => id);
  assert.equal(new Set(ids).size, rules.length + 1);
  for (const { ruleId, ruleIndex } of results) assert.equal(ids[ruleIndex], ruleId);
  for (const { shortDescription, defaultConfiguration } of tool.driver.rules) {
    assert.notEqual(shortDescription.text, '');
    assert.match(defaultConfiguration.level, /^(?:error|warning)$/);
  }
});

test('a result has its level, its words and its place', () => {
  const { results } = runOf([FAULT, FINDING]);
  assert.deepEqual(results[0], {
    ruleId: 'configuration-fault',
    ruleIndex: 0,
    level: 'error',
    message: { text: 'no; yes' },
    locations: [
      { physicalLocation: { artifactLocation: { uri: 'conf%20d/g.yaml' }, region: { startLine: 3, startColumn: 7 } } },
    ],
  });
  assert.equal(results[1]!.message.text, 'what; how');
  assert.equal(results[1]!.locations[0]!.physicalLocation.artifactLocation.uri, 'file:///etc/g.yaml');
});

test('what is waived is suppressed, with its reason', () => {
  const { results } = runOf([], [{ ...FINDING, finding: { ...FINDING.finding!, waived: 'because' } }]);
  assert.deepEqual(results[0]!.suppressions, [{ kind: 'external', status: 'accepted', justification: 'because' }]);
});
