/**
 * What `check` found in the form that code review tools read: SARIF 2.1.0
 * (OASIS). Findings that are waived are there too, as suppressed.
 */
import type { Fault } from '../config/faults.ts';
import { ruleOf, rules } from '../config/rules/rules.ts';

/** Of a fault that no rule found. */
const FAULT = 'configuration-fault';

interface SarifOptions {
  readonly faults: readonly Fault[];
  readonly waived: readonly Fault[];
  readonly version: string;
}

export function sarifOf({ faults, waived, version }: SarifOptions): object {
  const ids = [FAULT, ...rules.map(({ id }) => id)];
  return {
    $schema: 'https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: { driver: { name: 'gatehouse', semanticVersion: version, rules: ids.map(descriptorOf) } },
        // A byte order mark counts for no column, and a character outside the first plane counts for two.
        columnKind: 'utf16CodeUnits',
        results: [...faults, ...waived].map((fault) => resultOf(fault, ids)),
      },
    ],
  };
}

function descriptorOf(id: string): object {
  if (id === FAULT) {
    return {
      id,
      shortDescription: { text: 'The configuration cannot be read as it is meant' },
      defaultConfiguration: { level: 'error' },
    };
  }
  const { title, why, mend, severity, note } = ruleOf(id);
  return {
    id,
    shortDescription: { text: title },
    fullDescription: { text: why },
    help: { text: [why, note, mend].filter((part) => part !== undefined).join('\n\n') },
    defaultConfiguration: { level: severity },
  };
}

function resultOf({ file, line, column, severity, message, finding }: Fault, ids: readonly string[]): object {
  const ruleId = finding?.rule ?? FAULT;
  return {
    ruleId,
    ruleIndex: ids.indexOf(ruleId),
    level: severity,
    message: { text: finding === undefined ? message : `${message}; ${finding.mend}` },
    locations: [
      {
        physicalLocation: { artifactLocation: { uri: uriOf(file) }, region: { startLine: line, startColumn: column } },
      },
    ],
    ...(finding?.waived !== undefined && {
      suppressions: [{ kind: 'external', status: 'accepted', justification: finding.waived }],
    }),
  };
}

/** A relative reference, or a `file:` URL (SARIF §3.4.3): names may hold what a URI may not. */
function uriOf(file: string): string {
  const path = file.replaceAll('\\', '/').split('/').map(encodeURIComponent).join('/');
  return file.startsWith('/') ? `file://${path}` : path;
}
