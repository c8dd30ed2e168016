/** The reference of the configuration, from its JSON Schema: a table for each map of keys, in the order of the file. */
import { configSchema } from '../src/config/json-schema.ts';
import { DURATION, RATE, RATIO, SIZE } from '../src/config/units.ts';

interface Schema {
  readonly type?: string;
  readonly description?: string;
  readonly default?: string | number | boolean | readonly string[] | object;
  readonly const?: string;
  readonly enum?: readonly string[];
  readonly pattern?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: Schema | boolean;
  readonly required?: readonly string[];
}

const INTRODUCTION = `# Configuration

<!-- Made by scripts/docs.ts from the schema. Edit the descriptions in src/config/. -->

One YAML file. \`gatehouse check FILE\` prints every fault in it as \`file:line:column: what is wrong; what would be right\`, \`gatehouse schema\` prints the JSON Schema, and a first line \`# yaml-language-server: $schema=…/gatehouse.schema.json\` makes editors complete and check it. An unknown key is refused.

| Value | Is written as |
| --- | --- |
| duration | \`500ms\`, \`30s\`, \`10m\`, \`1h\`, \`1d\` |
| size | \`512b\`, \`64kb\`, \`1mb\`, \`2gb\`; a kb is 1024 bytes |
| rate | \`10/min\`, \`5/s\`, \`1000/hour\`, \`20/10s\`: requests per window |
| ratio | \`50%\` |

\`\${NAME}\` is an environment variable and \`\${NAME:-default}\` one with a default. It is put in after the YAML is read, so what it holds cannot add a key.
`;

const KINDS = new Map<string, string>([
  [DURATION.source, 'duration'],
  [SIZE.source, 'size'],
  [RATE.source, 'rate'],
  [RATIO.source, 'ratio'],
]);

export function configurationPage(): string {
  const sections: string[] = [];
  /** Maps that stand in more than one place are described where they stand first. */
  const headings = new Map<string, string>();

  function section(path: string, { properties = {}, required = [] }: Schema): void {
    const described = Object.entries(properties).filter(([, { description }]) => description !== undefined);
    const rows = described.map(([key, schema]) => {
      const name = required.includes(key) ? `**\`${key}\`**` : `\`${key}\``;
      const form = formOf(schema, path === '' ? key : `${path}.${key}`);
      return `| ${name} | ${form} | ${defaultOf(schema)} | ${cell(schema.description ?? '')} |`;
    });
    // The methods, all of them alike.
    const [first, ...others] = Object.entries(properties).filter(([, { description }]) => description === undefined);
    if (first !== undefined) {
      const names = [first, ...others].map(([key]) => `\`${key}\``).join(', ');
      rows.push(`| ${names} | ${formOf(first[1], `${path}.METHOD`)} | | What this method needs. |`);
    }
    const heading = path === '' ? 'The file' : `\`${path}\``;
    sections.push(`\n## ${heading}\n\n| Key | Value | Default | |\n| --- | --- | --- | --- |\n${rows.join('\n')}\n`);
  }

  const pending: (readonly [path: string, schema: Schema])[] = [];

  function linkTo(path: string, schema: Schema): string {
    const identity = JSON.stringify(schema.properties);
    let heading = headings.get(identity);
    if (heading === undefined) {
      headings.set(identity, (heading = path));
      pending.push([path, schema]);
    }
    return `map: [\`${heading}\`](#${anchorOf(heading)})`;
  }

  function formOf(schema: Schema, path: string): string {
    if (schema.anyOf !== undefined) return [...new Set(schema.anyOf.map((one) => formOf(one, path)))].join(' or ');
    if (schema.const !== undefined) return `\`${schema.const}\``;
    // A long choice is said by the description.
    if (schema.enum !== undefined)
      return schema.enum.length > 6 ? 'text' : schema.enum.map((one) => `\`${one}\``).join(', ');
    if (schema.items !== undefined) return `list of ${formOf(schema.items, `${path}[]`)}`;
    if (schema.properties !== undefined) return linkTo(path, schema);
    if (typeof schema.additionalProperties === 'object') {
      return `from name to ${formOf(schema.additionalProperties, `${path}.NAME`)}`;
    }
    if (Object.keys(schema).length === 0) return 'anything';
    if (schema.type === 'integer') return `${schema.minimum} to ${schema.maximum}`;
    if (schema.type === 'boolean') return '`true`, `false`';
    return KINDS.get(schema.pattern ?? '') ?? 'text';
  }

  section('', configSchema());
  // What a section links to follows it, before what its neighbours link to.
  for (let next = pending.shift(); next !== undefined; next = pending.shift()) {
    const others = pending.splice(0);
    section(...next);
    pending.push(...others);
  }
  return `${INTRODUCTION}\nKeys in bold must be there.\n${sections.join('')}`;
}

function defaultOf({ default: value }: Schema): string {
  const text = Array.isArray(value) ? value.join(', ') : typeof value === 'object' ? '' : String(value ?? '');
  if (text === '') return '';
  return `\`${Array.isArray(value) ? `[${text}]` : text}\``;
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|');
}

/** As hosts of Markdown make them: lower-case, punctuation gone, spaces to dashes. */
function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replaceAll(/[^a-z0-9_ -]/g, '')
    .replaceAll(' ', '-');
}
