/** Who calls whom, from the trail's counts: as rows, and as graphs that Mermaid and Graphviz draw. */
import type { TrailGroup } from '../store/store.ts';

export interface Edge {
  readonly client: string;
  readonly route: string;
  readonly upstream: string | undefined;
  readonly calls: number;
  /** Of these, refused by the gateway or answered with 5xx. */
  readonly errors: number;
  readonly lastAt: number;
}

/** Most calls first. A client is named with its issuer where another issuer has one of the same name. */
export function edgesOf(groups: readonly TrailGroup[]): readonly Edge[] {
  const issuers = new Map<string, Set<string>>();
  for (const { client = '-', issuer = '-' } of groups) {
    issuers.set(client, (issuers.get(client) ?? new Set()).add(issuer));
  }
  const edges = new Map<string, Edge>();
  for (const { client: id = '-', issuer = '-', upstream, ...group } of groups) {
    const client = issuers.get(id)!.size > 1 ? `${id} (${issuer})` : id;
    const route = group.route ?? '-';
    const key = JSON.stringify([id, issuer, route, upstream]);
    const known = edges.get(key);
    edges.set(key, {
      client,
      route,
      upstream,
      calls: group.calls + (known?.calls ?? 0),
      errors: (group.refusal === undefined ? group.failed : group.calls) + (known?.errors ?? 0),
      lastAt: Math.max(group.lastAt, known?.lastAt ?? 0),
    });
  }
  return [...edges.values()].toSorted((one, other) => other.calls - one.calls);
}

export function errorRate({ calls, errors }: Edge): string {
  return `${((100 * errors) / calls).toFixed(1)}%`;
}

export function mermaidOf(edges: readonly Edge[]): string {
  return drawn(edges, {
    begin: 'flowchart LR\n',
    end: '',
    node: (id, label, shape) => {
      const [open, close] = { client: ['[', ']'], route: ['(', ')'], upstream: ['[(', ')]'] }[shape];
      return `  ${id}${open}"${mermaidText(label)}"${close}\n`;
    },
    arrow: (from, to, label) => `  ${from} -->${label === undefined ? '' : `|"${mermaidText(label)}"|`} ${to}\n`,
  });
}

export function dotOf(edges: readonly Edge[]): string {
  return drawn(edges, {
    begin: 'digraph calls {\n  rankdir=LR;\n',
    end: '}\n',
    node: (id, label, shape) => {
      const drawing = { client: 'box', route: 'oval', upstream: 'cylinder' }[shape];
      return `  ${id} [label=${dotText(label)}, shape=${drawing}];\n`;
    },
    arrow: (from, to, label) => `  ${from} -> ${to}${label === undefined ? '' : ` [label=${dotText(label)}]`};\n`,
  });
}

type Shape = 'client' | 'route' | 'upstream';

interface Pen {
  readonly begin: string;
  readonly end: string;
  readonly node: (id: string, label: string, shape: Shape) => string;
  readonly arrow: (from: string, to: string, label: string | undefined) => string;
}

/** Client to route with its counts, and each route once to its upstream. */
function drawn(edges: readonly Edge[], { begin, end, node, arrow }: Pen): string {
  const ids = new Map<string, string>();
  const arrows = new Set<string>();
  let nodes = '';
  function idOf(shape: Shape, label: string): string {
    const key = `${shape} ${label}`;
    let id = ids.get(key);
    if (id === undefined) {
      ids.set(key, (id = `n${ids.size}`));
      nodes += node(id, label, shape);
    }
    return id;
  }

  for (const edge of edges) {
    const route = idOf('route', edge.route);
    const label = `${edge.calls} ${edge.calls === 1 ? 'call' : 'calls'}, ${errorRate(edge)} errors`;
    arrows.add(arrow(idOf('client', edge.client), route, label));
    if (edge.upstream !== undefined) arrows.add(arrow(route, idOf('upstream', edge.upstream), undefined));
  }
  return `${begin}${nodes}${[...arrows].join('')}${end}`;
}

/** Everything that could be syntax, or HTML where it is drawn, as the entity that Mermaid knows. */
function mermaidText(text: string): string {
  return text.replaceAll(/[^\p{L}\p{N} ./:*,%@_()-]/gu, (character) => `#${character.codePointAt(0)};`);
}

function dotText(text: string): string {
  return `"${text.replaceAll(/[\\"]/g, String.raw`\$&`).replaceAll(/\p{Cc}/gu, ' ')}"`;
}
