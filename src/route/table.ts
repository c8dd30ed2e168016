/**
 * Which route a request is for. Everything is arranged when the table is made:
 * one tree of path segments a host, and every possible answer as an object that
 * already exists. A look-up costs one `Map` probe where the path is static, else
 * one a segment, however many routes there are. The most specific wins whatever
 * the order: an exact host, then the longest `*.suffix`, then any host; and segment
 * by segment from the left, text before `:name` before `*`.
 */

export interface RoutePattern<T> {
  /** Lower-case; exact, or `*.example.com` for all names below it, at any depth. Empty: any host. */
  readonly hosts: readonly string[];
  /** Upper-case. Empty: any method. */
  readonly methods: readonly string[];
  /** In normal form. `:name` stands for one segment that is not empty, a last `*` for none or more. */
  readonly path: string;
  readonly value: T;
}

export type RouteMatch<T> =
  | { readonly kind: 'route'; readonly route: T }
  | { readonly kind: 'no_route' }
  | {
      readonly kind: 'method_not_allowed';
      /** The value of `Allow`. */
      readonly allow: string;
      /** The routes that the path has for other methods. */
      readonly routes: readonly T[];
    };

export interface RouteTable<T> {
  /** `path` in normal form, `host` lower-case without its port. */
  find(host: string, method: string, path: string): RouteMatch<T>;
}

/** The routes of one path: told apart by method alone. */
interface Leaf<T> {
  readonly byMethod: Map<string, RouteMatch<T>>;
  /** For every method that is not named. */
  otherwise: RouteMatch<T> | undefined;
}

interface Node<T> {
  readonly children: Map<string, Node<T>>;
  /** The child for `:name`. */
  named: Node<T> | undefined;
  /** The path ends here. */
  end: Leaf<T> | undefined;
  /** `*` follows: the path ends here or goes on anyhow. */
  rest: Leaf<T> | undefined;
}

interface HostRoutes<T> {
  readonly statics: Map<string, Leaf<T>>;
  readonly root: Node<T>;
}

const NO_ROUTE = { kind: 'no_route' } as const;

export function createRouteTable<T>(patterns: readonly RoutePattern<T>[]): RouteTable<T> {
  const exact = new Map<string, HostRoutes<T>>();
  /** By the suffix with its leading dot. */
  const suffixes = new Map<string, HostRoutes<T>>();
  const anyHost = createHostRoutes<T>();
  const leaves = new Map<Leaf<T>, RoutePattern<T>[]>();

  for (const pattern of patterns) {
    const homes =
      pattern.hosts.length === 0
        ? [anyHost]
        : pattern.hosts.map((host) =>
            host.startsWith('*.') ? homeOf(suffixes, host.slice(1)) : homeOf(exact, withoutFinalDot(host)),
          );
    for (const home of homes) {
      const leaf = leafOf(home, pattern.path);
      leaves.set(leaf, [...(leaves.get(leaf) ?? []), pattern]);
    }
  }
  for (const [leaf, atLeaf] of leaves) fillLeaf(leaf, atLeaf);

  function findLeaf(host: string, path: string): Leaf<T> | undefined {
    let leaf: Leaf<T> | undefined;
    if (exact.size > 0) {
      leaf = leafIn(exact.get(host), path);
      if (leaf !== undefined) return leaf;
    }
    if (suffixes.size > 0) {
      for (let dot = host.indexOf('.'); dot !== -1; dot = host.indexOf('.', dot + 1)) {
        // `.example.com` itself is not a name below `example.com`.
        if (dot > 0) leaf = leafIn(suffixes.get(host.slice(dot)), path);
        if (leaf !== undefined) return leaf;
      }
    }
    return leafIn(anyHost, path);
  }

  return {
    find(host, method, path) {
      // `example.com.` is the same host (RFC 3986 §3.2.2) and must not fall through to the routes of any host.
      const name = withoutFinalDot(host);
      const leaf = findLeaf(name, path);
      // `/a%3Ab` and `/a:b` differ (RFC 3986 §2.2), yet most services decode both to one. Where the two
      // spellings have different routes, the escaped one would be a way around a policy: it has no route.
      if (path.includes('%') && findLeaf(name, decodeReserved(path)) !== leaf) return NO_ROUTE;
      if (leaf === undefined) return NO_ROUTE;
      return leaf.byMethod.get(method) ?? leaf.otherwise ?? NO_ROUTE;
    },
  };
}

const RESERVED_IN_SEGMENT = /%(?:21|24|26|27|28|29|2A|2B|2C|3A|3D|40)/g;

function decodeReserved(path: string): string {
  return path.replace(RESERVED_IN_SEGMENT, (escape) => String.fromCharCode(Number.parseInt(escape.slice(1), 16)));
}

function withoutFinalDot(host: string): string {
  return host.charCodeAt(host.length - 1) === 0x2e ? host.slice(0, -1) : host;
}

function leafIn<T>(home: HostRoutes<T> | undefined, path: string): Leaf<T> | undefined {
  // A path that is written out segment by segment is more specific than any pattern.
  return home && (home.statics.get(path) ?? descend(home.root, path, 1));
}

/** `from` is where the next segment begins; past the end of `path` there is none left. */
function descend<T>(node: Node<T>, path: string, from: number): Leaf<T> | undefined {
  if (from > path.length) return node.end ?? node.rest;
  const slash = path.indexOf('/', from);
  const to = slash === -1 ? path.length : slash;
  const child = node.children.size === 0 ? undefined : node.children.get(path.slice(from, to));
  let leaf = child && descend(child, path, to + 1);
  if (leaf === undefined && node.named !== undefined && to > from) leaf = descend(node.named, path, to + 1);
  return leaf ?? node.rest;
}

function createHostRoutes<T>(): HostRoutes<T> {
  return { statics: new Map(), root: createNode() };
}

function createNode<T>(): Node<T> {
  return { children: new Map(), named: undefined, end: undefined, rest: undefined };
}

function homeOf<T>(homes: Map<string, HostRoutes<T>>, name: string): HostRoutes<T> {
  let home = homes.get(name);
  if (home === undefined) homes.set(name, (home = createHostRoutes()));
  return home;
}

function leafOf<T>(home: HostRoutes<T>, path: string): Leaf<T> {
  let node = home.root;
  let patterned = false;
  for (const segment of path.split('/').slice(1)) {
    if (segment === '*') return (node.rest ??= createLeaf());
    if (segment.startsWith(':')) {
      patterned = true;
      node = node.named ??= createNode();
      continue;
    }
    let child = node.children.get(segment);
    if (child === undefined) node.children.set(segment, (child = createNode()));
    node = child;
  }
  node.end ??= createLeaf();
  if (!patterned) home.statics.set(path, node.end);
  return node.end;
}

function createLeaf<T>(): Leaf<T> {
  return { byMethod: new Map(), otherwise: undefined };
}

function fillLeaf<T>(leaf: Leaf<T>, patterns: readonly RoutePattern<T>[]): void {
  for (const { methods, path, value } of patterns) {
    const match = { kind: 'route', route: value } as const;
    // The configuration's check has refused such pairs with line and column; never overwrite in silence.
    const taken = methods.length === 0 ? leaf.otherwise : methods.find((method) => leaf.byMethod.has(method));
    if (taken !== undefined) throw new Error(`two routes that nothing tells apart: ${path}`);
    if (methods.length === 0) leaf.otherwise = match;
    for (const method of methods) leaf.byMethod.set(method, match);
  }
  // HEAD is GET without the content (RFC 9110 §9.3.2).
  const get = leaf.byMethod.get('GET');
  if (get !== undefined && !leaf.byMethod.has('HEAD')) leaf.byMethod.set('HEAD', get);
  leaf.otherwise ??= {
    kind: 'method_not_allowed',
    allow: [...leaf.byMethod.keys()].join(', '),
    routes: patterns.map(({ value }) => value),
  };
}
