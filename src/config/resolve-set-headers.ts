/**
 * `set-headers`: edits that are the same for every request of a route. What is
 * refused here is what would let a line of configuration undo a stage: names
 * that carry identity, that frame the message, or that the gateway answers for.
 */
import type { HeaderEdits, SetHeadersConfig } from './config.ts';
import type { Path, Report } from './faults.ts';
import { isReservedHeader, isReservedReplyHeader } from './headers.ts';
import type { HeaderEditsValue, PluginValue, RouteValue } from './schema-route.ts';

export const NO_EDITS: HeaderEdits = { drop: [], lines: [] };

type Side = 'request' | 'response';
const RESERVED = { request: isReservedHeader, response: isReservedReplyHeader } as const;

export function resolveSetHeaders(
  value: NonNullable<PluginValue['set-headers']>,
  path: Path,
  report: Report,
): SetHeadersConfig {
  if (value.request === undefined && value.response === undefined && !report.isFaulty(path)) {
    report.error(path, '`set-headers` changes nothing; write `request: { set: { X-Region: eu } }`');
  }
  return {
    request: resolveEdits(value.request, 'request', path, report),
    reply: resolveEdits(value.response, 'response', path, report),
  };
}

function resolveEdits(value: HeaderEditsValue | undefined, side: Side, pluginPath: Path, report: Report): HeaderEdits {
  if (value === undefined) return NO_EDITS;
  const path = [...pluginPath, side];
  const { set, append, remove } = value;
  if (set === undefined && append === undefined && remove === undefined && !report.isFaulty(path)) {
    report.error(path, `\`${side}\` changes nothing; write \`set\`, \`append\` or \`remove\``);
  }
  reportNamesNotFree(namesOf(value), { side, path }, report);
  return {
    drop: [...Object.keys(set ?? {}), ...(remove ?? []).filter((name) => name !== undefined)],
    lines: [...fieldsOf(set), ...fieldsOf(append)],
  };
}

interface NamedHeader {
  readonly name: string;
  readonly at: Path;
}

export function reportNamesNotFree(
  headers: readonly NamedHeader[],
  { side, path }: { readonly side: Side; readonly path: Path },
  report: Report,
): void {
  const named = new Set<string>();
  for (const { name, at } of headers) {
    const folded = foldSpelling(name);
    if (RESERVED[side](folded)) {
      report.error(
        [...path, ...at],
        `the header \`${name}\` is not free to change: the gateway or the protocol answers for it`,
      );
    } else if (named.has(folded)) {
      report.error([...path, ...at], `\`${name}\` is named twice; name each header once`);
    }
    named.add(folded);
  }
}

export function fieldsOf(headers: HeaderEditsValue['set']): HeaderEdits['lines'] {
  return Object.entries(headers ?? {}).flatMap(([name, text]) => (text === undefined ? [] : [[name, text] as const]));
}

/** Services turn both `X-User-ID` and `X_User_ID` into one variable. */
function foldSpelling(name: string): string {
  return name.toLowerCase().replaceAll('_', '-');
}

/** Every header that is named, and where below `request` or `response`. */
function namesOf({ set, append, remove }: HeaderEditsValue): readonly NamedHeader[] {
  return [
    ...Object.keys(set ?? {}).map((name) => ({ name, at: ['set', name] })),
    ...Object.keys(append ?? {}).map((name) => ({ name, at: ['append', name] })),
    ...(remove ?? []).flatMap((name, index) => (name === undefined ? [] : [{ name, at: ['remove', index] }])),
  ];
}

/** A name that carries identity on one route is nobody's to write on any other: services would believe it. */
export function reportIdentityEdits(routes: readonly (RouteValue | undefined)[], report: Report): void {
  const plugins = routes.flatMap((route, at) =>
    (route?.plugins ?? []).map((plugin, index) => ({ plugin, path: ['routes', at, 'plugins', index] })),
  );
  const identity = new Set(
    plugins.flatMap(({ plugin }) => Object.keys(plugin?.['inject-claims']?.headers ?? {}).map(foldSpelling)),
  );
  for (const { plugin, path } of plugins) {
    const edits = plugin?.['set-headers']?.request;
    for (const { name, at } of edits === undefined ? [] : namesOf(edits)) {
      if (!identity.has(foldSpelling(name))) continue;
      report.error(
        [...path, 'set-headers', 'request', ...at],
        `the header \`${name}\` says who calls: \`inject-claims\` fills it, and nothing else may; choose another`,
      );
    }
  }
}
