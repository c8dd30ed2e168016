/**
 * Routes from a description in OpenAPI 3: one for each path, or two where some
 * of its operations ask for nothing. What has no counterpart here is left out,
 * and said.
 */
import { looksLikeAuthentication } from '../config/rules/authentication-words.ts';
import type { DraftRoute } from './draft.ts';

export interface Described {
  readonly routes: readonly DraftRoute[];
  /** URL of the first server, where there is a whole one. */
  readonly service: string | undefined;
  readonly notes: readonly string[];
}

const METHODS = ['get', 'head', 'post', 'put', 'patch', 'delete', 'options'];
const HEALTH = /^\/(?:health|healthz|ready|readyz|live|livez|status|ping|metrics)$/;

interface Operation {
  readonly method: string;
  /** One of these sets of scopes is enough; none: nothing is asked for. */
  readonly alternatives: readonly (readonly string[])[];
}

/** A string says what is wrong with the description. */
export function readOpenApi(description: unknown): Described | string {
  if (!isMap(description)) return 'it is no OpenAPI description: it holds no map';
  const { openapi, paths, servers, security } = description;
  if (typeof openapi !== 'string' || !openapi.startsWith('3.'))
    return 'it is no OpenAPI 3 description: `openapi` does not begin with `3.`';
  if (!isMap(paths)) return 'it has no `paths`';
  const server = Array.isArray(servers) && isMap(servers[0]) ? servers[0].url : undefined;
  const base = basePathOf(server);
  const notes: string[] = [];
  const routes = Object.entries(paths).flatMap(([path, item]): readonly DraftRoute[] => {
    const pattern = patternOf(`${base}${path}`);
    if (pattern === undefined || !isMap(item)) {
      notes.push(`left out: ${clean(path)}, whose parameters are not whole segments`);
      return [];
    }
    const operations = METHODS.flatMap((method): Operation | [] => {
      const operation = item[method];
      if (!isMap(operation)) return [];
      return { method: method.toUpperCase(), alternatives: alternativesOf(operation.security ?? security) };
    });
    return routesOf(pattern, operations, notes);
  });
  const service = typeof server === 'string' && /^https?:\/\/[^/{}]+/.test(server) ? new URL(server).origin : undefined;
  return { routes, service, notes };
}

function routesOf(path: string, operations: readonly Operation[], notes: string[]): readonly DraftRoute[] {
  const open = operations.filter(({ alternatives }) => alternatives.length === 0);
  const guarded = operations.filter(({ alternatives }) => alternatives.length > 0);
  const drafts: DraftRoute[] = [];
  if (open.length > 0) {
    const methods = open.map(({ method }) => method);
    const isSignIn = methods.some((method) => method !== 'GET' && method !== 'HEAD') && looksLikeAuthentication(path);
    const kind = isSignIn ? 'authentication' : HEALTH.test(path) ? 'operations' : 'public';
    drafts.push({ path, methods, kind, guarded: false, scopes: new Map() });
  }
  if (guarded.length > 0) {
    const scopes = new Map<string, readonly string[]>();
    for (const { method, alternatives } of guarded) {
      const [first = [], ...others] = alternatives;
      if (others.length > 0)
        notes.push(`look again: ${method} ${clean(path)} may be called in more ways than one; the first was taken`);
      if (first.length > 0) scopes.set(method, first);
    }
    drafts.push({ path, methods: guarded.map(({ method }) => method), kind: 'public', guarded: true, scopes });
  }
  return drafts;
}

/** Each item of `security` is one way, and all of the scopes in it are needed. An empty item is a way without anything. */
function alternativesOf(security: unknown): readonly (readonly string[])[] {
  if (!Array.isArray(security)) return [];
  const ways = security.filter(isMap);
  if (ways.some((way) => Object.keys(way).length === 0)) return [];
  return ways.map((way) =>
    Object.values(way).flatMap((scopes) =>
      Array.isArray(scopes) ? scopes.filter((scope) => typeof scope === 'string') : [],
    ),
  );
}

/** `/users/{id}` is `/users/:id`; `undefined` where a parameter is a part of a segment. */
function patternOf(path: string): string | undefined {
  const segments = path
    .split('/')
    .map((segment) => segment.replace(/^\{([A-Za-z_][\w-]*)\}$/, (_, name: string) => `:${name.replaceAll('-', '_')}`));
  const pattern = segments.join('/').replace(/(?<=.)\/$/, '');
  return /^\/[\w.~:/-]*$/.test(pattern) ? pattern : undefined;
}

function basePathOf(server: unknown): string {
  if (typeof server !== 'string') return '';
  const path = server.replace(/^https?:\/\/[^/]*/, '').replace(/\/+$/, '');
  return /^(?:\/[\w.~-]+)+$/.test(path) ? path : '';
}

/** In a comment nothing of a stranger's may begin a line. */
function clean(path: string): string {
  return path.slice(0, 100).replaceAll(/[\p{C}\p{Zl}\p{Zp}]/gu, '?');
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
