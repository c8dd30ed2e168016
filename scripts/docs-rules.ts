/** The pages of the audit: one a rule, made from the table that the audit runs, and one that lists them. */
import { refusedAtReading } from '../src/config/rules/refused.ts';
import type { Rule } from '../src/config/rules/rule.ts';
import { rules } from '../src/config/rules/rules.ts';

const FOLDER = 'docs/rules';

export const rulePages: readonly (readonly [file: string, text: () => string])[] = [
  [`${FOLDER}/README.md`, indexPage],
  ...rules.map((rule) => [`${FOLDER}/${rule.id}.md`, () => pageOf(rule)] as const),
];

function indexPage(): string {
  const rows = rules.map(({ id, severity, title }) => [`[${id}](${id}.md)`, severity, title]);
  const refused = refusedAtReading.map(({ title, why }) => `- **${title}.** ${why}`);
  return `# The audit

\`gatehouse check\` looks at every route with every rule, prints what protects each, and says of each finding where it stands, what happens in production because of it, and what mends it. An error stops \`run\` and a reload too; a warning is printed. \`--strict\` has warnings fail, \`--json\` and \`--sarif\` (SARIF 2.1.0) are for tools.

${tableOf(['Rule', 'Severity', 'Found'], rows)}

## Waivers

What is no harm here is waived in the configuration, with the reason and a last day, on which somebody looks again:

\`\`\`yaml
waive:
  - rule: anonymous-writes
    route: POST /callback # the name of one route; without it: everywhere
    reason: The payment provider signs its calls, and the shop checks that.
    until: 2027-01-31
\`\`\`

After that day the finding is one again. A waiver without a reason or a day is a fault, and so is one of a rule that does not exist; one for which nothing is found is warned of.

## What cannot be written at all

These need no rule: the text is refused as it is read, with the line and what would be right.

${refused.join('\n')}
`;
}

function pageOf({ id, severity, title, why, note, mend, examples }: Rule): string {
  const parts = [
    `# ${id}`,
    `**${title}.** ${severity === 'error' ? 'An error: the configuration is not served.' : 'A warning.'}`,
    why,
    ...(note === undefined ? [] : [note]),
    `**What mends it:** ${mend}`,
    'Found in:',
    `\`\`\`yaml\n${examples.failing.trim()}\n\`\`\``,
    'Not found in:',
    `\`\`\`yaml\n${examples.passing.trim()}\n\`\`\``,
    `Where it is no harm: [waive it](README.md#waivers), with \`rule: ${id}\`.`,
  ];
  return `${parts.join('\n\n')}\n`;
}

function tableOf(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((name, at) => Math.max(name.length, ...rows.map((row) => row[at]!.length)));
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, at) => cell.padEnd(widths[at]!)).join(' | ')} |`;
  return [line(head), `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`, ...rows.map(line)].join('\n');
}
