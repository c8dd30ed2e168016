/**
 * From the YAML tree to plain objects, lists and scalars, and from a path back to
 * its place in the text. Only what a configuration needs is let through: aliases
 * within bounds (a few lines can stand for gigabytes), no tags, no odd keys.
 */
import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  type LineCounter,
  type Node,
  type Pair,
  Scalar,
  type YAMLMap,
} from 'yaml';
import { expandVariables, retype } from './variables.ts';
import { type Path, type Places, quoteKey, type Report } from './faults.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

const MAX_DEPTH = 32;
/** How many values all aliases of a file may stand for together. */
const MAX_ALIASED = 10_000;

const TAGS = new Set(['str', 'int', 'float', 'bool', 'null', 'map', 'seq'].map((name) => `tag:yaml.org,2002:${name}`));

export function toPlain(document: Document.Parsed, report: Report, env: Environment): unknown {
  let aliased = 0;
  const anchors = new Map<string, unknown>();

  function convert(node: unknown, path: Path, inAlias: boolean): unknown {
    if (path.length > MAX_DEPTH) return wrong(path, 'values stand too deep in one another; flatten them');
    if (inAlias && ++aliased > MAX_ALIASED) {
      if (aliased === MAX_ALIASED + 1) {
        wrong(path, `the aliases of this file stand for over ${MAX_ALIASED} values; write them out`);
      }
      return undefined;
    }
    if (isAlias(node)) {
      const meant = anchors.get(node.source);
      return meant === undefined
        ? wrong(path, '`*` begins an alias, and none of this name stands before it; put quotes round the value')
        : convert(meant, path, true);
    }
    if (isScalar(node) || isMap(node) || isSeq(node)) {
      if (node.anchor !== undefined && !inAlias) anchors.set(node.anchor, node);
      if (node.tag !== undefined && !TAGS.has(node.tag)) {
        return wrong(path, `the tag \`${node.tag.slice(0, 60)}\` has no meaning here; leave it out`);
      }
    }
    if (isSeq(node)) return node.items.map((item, index) => convert(item, [...path, index], inAlias));
    if (isMap(node)) {
      const result: Record<string, unknown> = {};
      for (const { key, value } of node.items) {
        const name = keyOf(key);
        if (name === undefined || name === '__proto__') {
          wrong(path, 'a key here is not a plain word; write a name');
          continue;
        }
        const at = [...path, name];
        if (Object.hasOwn(result, name)) {
          report.unknownKey(at, `the key ${quoteKey(name)} is written twice; keep one`, undefined);
        }
        result[name] = convert(value, at, inAlias);
      }
      return result;
    }
    return isScalar(node) ? scalar(node, path) : null;
  }

  function scalar(node: Scalar, path: Path): unknown {
    const { value } = node;
    if (value === null || typeof value === 'boolean' || typeof value === 'number') return value;
    if (typeof value !== 'string')
      return wrong(path, 'a value of this kind has no use here; write text, a number, true or false');
    if (!value.includes('${')) return value;
    const { text, problem } = expandVariables(value, env);
    if (problem !== undefined) return wrong(path, problem);
    // Quotes say "text"; without them a variable may hold a number or a switch.
    return node.type === Scalar.PLAIN ? retype(text) : text;
  }

  function wrong(path: Path, message: string): undefined {
    report.error(path, message);
  }

  return convert(document.contents, [], false);
}

export function placesOf(document: Document.Parsed, lines: LineCounter): Places {
  const indexes = new Map<YAMLMap, ReadonlyMap<string | undefined, Pair>>();

  /** A file that is no configuration at all may have a fault at every key of a very long map. */
  function pairOf(map: YAMLMap, step: string | number): Pair | undefined {
    let index = indexes.get(map);
    if (index === undefined) indexes.set(map, (index = new Map(map.items.map((pair) => [keyOf(pair.key), pair]))));
    return index.get(String(step));
  }

  /** The node at `path`, or the last one on the way to it; with the key it stands under. */
  function find(path: Path): { readonly key: unknown; readonly node: unknown; readonly reached: boolean } {
    let key: unknown;
    let node: unknown = document.contents;
    for (const step of path) {
      node = resolved(node);
      const pair = isMap(node) ? pairOf(node, step) : undefined;
      const next = isSeq(node) && typeof step === 'number' ? node.items[step] : pair?.value;
      if (next === undefined && pair === undefined) return { key, node, reached: false };
      key = pair?.key;
      // A key with nothing after it has no node: the key's own place is the nearest.
      node = next ?? pair?.key;
    }
    return { key, node: resolved(node), reached: true };
  }

  function resolved(node: unknown): unknown {
    return isAlias(node) ? (node.resolve(document) ?? node) : node;
  }

  return {
    place(path, part) {
      const { key, node, reached } = find(path);
      // A map is best found by the key it stands under: its own first line may be far from what it is called.
      const byKey = part === 'key' ? reached : isMap(node) || isSeq(node);
      const at = (byKey && key ? key : node) as Node | null | undefined;
      const { line, col } = lines.linePos(at?.range?.[0] ?? 0);
      return { line: Math.max(1, line), column: Math.max(1, col) };
    },
    written(path) {
      const { node, reached } = find(path);
      if (!reached || isMap(node)) return 'a map';
      if (isSeq(node)) return 'a list';
      const source = isScalar(node) ? (node.source ?? String(node.value)) : '';
      const short = source.length > 60 ? `${source.slice(0, 57)}…` : source;
      // A password is no less secret for standing in the wrong place.
      const safe = short.replaceAll(/[\p{C}\p{Zl}\p{Zp}]/gu, '?').replaceAll(/\/\/[^/@]*@/g, '//***@');
      return safe === '' ? 'empty' : `\`${safe}\``;
    },
  };
}

function keyOf(key: unknown): string | undefined {
  if (!isScalar(key)) return undefined;
  return typeof key.value === 'string' || typeof key.value === 'number' ? String(key.value) : undefined;
}
