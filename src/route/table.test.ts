import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { createRouteTable, type RoutePattern } from './table.ts';

type Line = readonly [path: string, methods?: string, hosts?: string];

function words(text: string | undefined): string[] {
  return text === undefined || text === '' ? [] : text.split(' ');
}

/** Routes named by how they are written. */
function tableOf(...lines: readonly Line[]) {
  return createRouteTable(
    lines.map(([path, methods, hosts]) => ({
      path,
      methods: words(methods),
      hosts: words(hosts),
      value: [hosts, methods, path].filter(Boolean).join(' '),
    })),
  );
}

function found(table: ReturnType<typeof tableOf>, path: string, method = 'GET', host = 'h'): string {
  const match = table.find(host, method, path);
  if (match.kind === 'route') return match.route;
  return match.kind === 'no_route' ? '404' : `405 ${match.allow}`;
}

test('PATH-16 the most specific path wins, whatever the order', () => {
  const lines: Line[] = [['/*'], ['/a/*'], ['/a/:x'], ['/a/b'], ['/a/:x/c'], ['/a/b/*'], ['/:y/b/c']];
  for (const table of [tableOf(...lines), tableOf(...lines.toReversed())]) {
    assert.equal(found(table, '/a/b'), '/a/b');
    assert.equal(found(table, '/a/q'), '/a/:x');
    assert.equal(found(table, '/a/q/c'), '/a/:x/c');
    assert.equal(found(table, '/a/q/d'), '/a/*');
    assert.equal(found(table, '/a/b/c'), '/a/b/*');
    assert.equal(found(table, '/a/'), '/a/*');
    assert.equal(found(table, '/z/b/c'), '/:y/b/c');
    assert.equal(found(table, '/z/b'), '/*');
    assert.equal(found(table, '/'), '/*');
  }
});

test('PATH-16 two routes that nothing tells apart are never overwritten in silence', () => {
  assert.throws(() => tableOf(['/a'], ['/a']), /\/a/);
  assert.throws(() => tableOf(['/a', 'GET POST'], ['/a', 'PUT POST']), /\/a/);
  assert.throws(() => tableOf(['/:a/*'], ['/:b/*']), /tells apart/);
  assert.throws(() => tableOf(['/a', '', 'x y'], ['/a', '', 'y']), /\/a/);
});

test('PATH-11 a pattern matches whole segments, and a path without `*` nothing but itself', () => {
  const table = tableOf(['/admin/*'], ['/health'], ['/users/:id'], ['/slash/']);
  assert.equal(found(table, '/admin'), '/admin/*');
  assert.equal(found(table, '/admin/'), '/admin/*');
  assert.equal(found(table, '/admin/a/b'), '/admin/*');
  for (const path of [
    '/administrator',
    '/admin.',
    '/health/',
    '/health.',
    '/health%20',
    '/heal',
    '/users',
    '/users/',
  ]) {
    assert.equal(found(table, path), '404', path);
  }
  assert.equal(found(table, '/users/1/'), '404');
  assert.equal(found(table, '/slash/'), '/slash/');
  assert.equal(found(table, '/slash'), '404');
});

test('PATH-10 another case is another path', () => {
  assert.equal(found(tableOf(['/admin']), '/ADMIN'), '404');
});

test('the most specific path decides before the method does', () => {
  const table = tableOf(['/a/*'], ['/a/b', 'GET POST'], ['/c', 'POST'], ['/c', 'DELETE'], ['/d', 'PUT'], ['/d']);
  assert.equal(found(table, '/a/b', 'POST'), 'GET POST /a/b');
  assert.equal(found(table, '/a/b', 'DELETE'), '405 GET, POST, HEAD');
  assert.equal(found(table, '/a/x', 'DELETE'), '/a/*');
  assert.equal(found(table, '/c', 'GET'), '405 POST, DELETE');
  assert.equal(found(table, '/d', 'PUT'), 'PUT /d');
  assert.equal(found(table, '/d', 'GET'), '/d');
  assert.deepEqual(table.find('h', 'GET', '/c'), {
    kind: 'method_not_allowed',
    allow: 'POST, DELETE',
    routes: ['POST /c', 'DELETE /c'],
  });
});

test('HEAD goes where GET goes, unless it has a route of its own', () => {
  const table = tableOf(['/a', 'GET'], ['/b', 'GET'], ['/b', 'HEAD'], ['/c', 'POST']);
  assert.equal(found(table, '/a', 'HEAD'), 'GET /a');
  assert.equal(found(table, '/b', 'HEAD'), 'HEAD /b');
  assert.equal(found(table, '/c', 'HEAD'), '405 POST');
});

test('methods are told apart by case (RFC 9110 §9.1)', () => {
  assert.equal(found(tableOf(['/a', 'GET']), '/a', 'get'), '405 GET, HEAD');
});

test('PATH-21 the most specific host wins, and one without the path leaves it to the next', () => {
  const table = tableOf(
    ['/a', '', 'x.example.com'],
    ['/*', '', '*.example.com'],
    ['/b/*', '', '*.deep.example.com'],
    ['/a'],
    ['/only', 'GET', 'x.example.com'],
  );
  assert.equal(found(table, '/a', 'GET', 'x.example.com'), 'x.example.com /a');
  assert.equal(found(table, '/z', 'GET', 'x.example.com'), '*.example.com /*');
  assert.equal(found(table, '/b/c', 'GET', 'q.deep.example.com'), '*.deep.example.com /b/*');
  assert.equal(found(table, '/c', 'GET', 'q.deep.example.com'), '*.example.com /*');
  assert.equal(found(table, '/a', 'GET', 'example.com'), '/a');
  assert.equal(found(table, '/a', 'GET', '.example.com'), '/a');
  assert.equal(found(table, '/a', 'GET', 'badexample.com'), '/a');
  assert.equal(found(table, '/z', 'GET', 'example.org'), '404');
  assert.equal(found(table, '/only', 'POST', 'x.example.com'), '405 GET, HEAD');
});

test('PATH-21 a dot at the end of the host does not lead to the routes of another host', () => {
  const table = tableOf(['/a', '', 'x.example.com'], ['/a', '', '*.example.org'], ['/a']);
  assert.equal(found(table, '/a', 'GET', 'x.example.com.'), 'x.example.com /a');
  assert.equal(found(table, '/a', 'GET', 'y.example.org.'), '*.example.org /a');
});

test('an escaped spelling of a route with a reserved character is no way around its policy', () => {
  const table = tableOf(['/v1/users:import'], ['/v1/*'], ['/mail/:who'], ['/%C3%A9']);
  assert.equal(found(table, '/v1/users:import'), '/v1/users:import');
  assert.equal(found(table, '/v1/users%3Aimport'), '404');
  assert.equal(found(table, '/v1/other%3Aimport'), '/v1/*');
  assert.equal(found(table, '/mail/a%40example.com'), '/mail/:who');
  assert.equal(found(table, '/%C3%A9'), '/%C3%A9');
});

test('patterns mean nothing in a request', () => {
  const table = tableOf(['/a/:id'], ['/b/*'], ['/__proto__']);
  assert.equal(found(table, '/:id'), '404');
  assert.equal(found(table, '/*'), '404');
  assert.equal(found(table, '/constructor'), '404');
  assert.equal(found(table, '/__proto__'), '/__proto__');
  assert.equal(found(tableOf(['/a', 'GET']), '/a', 'constructor'), '405 GET, HEAD');
});

/** Text ranks before `:name` before `*`. */
function shape(path: string): string {
  return path
    .split('/')
    .map((segment) => (segment === '*' ? '0' : segment.startsWith(':') ? '1' : '2'))
    .join('');
}

/** Most specific by definition: compare all that match, segment by segment. No tree, no map. */
function naive(patterns: readonly RoutePattern<string>[], host: string, method: string, path: string): string {
  const hostRank = (pattern: RoutePattern<string>) =>
    Math.max(
      ...(pattern.hosts.length === 0 ? ['*'] : pattern.hosts).map((name) => {
        if (name === '*') return 0;
        if (!name.startsWith('*')) return name === host ? 1000 : -1;
        return host.endsWith(name.slice(1)) && host.length >= name.length ? name.length : -1;
      }),
    );
  const matches = (pattern: RoutePattern<string>) => {
    const wanted = pattern.path.split('/').map((segment) => (segment.startsWith(':') ? '[^/]+' : segment));
    const text = wanted.join('/').replace(/\/\*$/, '(?:/.*)?');
    return new RegExp(`^${text}$`).test(path);
  };
  const fitting = patterns.filter((pattern) => hostRank(pattern) >= 0 && matches(pattern));
  const bestHost = Math.max(...fitting.map(hostRank));
  const atHost = fitting.filter((pattern) => hostRank(pattern) === bestHost);
  // A path that ends is more specific than `*` that stands for nothing: '3' marks the end.
  const ranked = atHost.map((pattern) => ({ pattern, rank: `${shape(pattern.path)}3` }));
  const best = ranked
    .map(({ rank }) => rank)
    .toSorted()
    .at(-1);
  const atPath = ranked.filter(({ rank }) => rank === best).map(({ pattern }) => pattern);
  if (atPath.length === 0) return '404';
  const named = (name: string) => atPath.find(({ methods }) => methods.includes(name));
  const route =
    named(method) ??
    (method === 'HEAD' ? named('GET') : undefined) ??
    atPath.find(({ methods }) => methods.length === 0);
  return route?.value ?? '405';
}

test('PATH-23 the table agrees with a naive matcher', () => {
  const segment = fc.constantFrom('a', 'b', 'c', 'd');
  const patternPath = fc
    .tuple(fc.array(fc.oneof(segment, segment, fc.constant(':x')), { maxLength: 4 }), fc.constantFrom('', '/*', '/'))
    .map(([parts, tail]) => parts.map((part) => `/${part}`).join('') + tail || '/');
  const hosts = fc.constantFrom([], [], ['a.b.c'], ['*.b.c'], ['*.c'], ['a.b.c', 'z']);
  const methods = fc.constantFrom([], ['GET'], ['POST'], ['GET', 'POST']);
  const request = fc.record({
    host: fc.constantFrom('a.b.c', 'x.b.c', 'b.c', 'c', 'z'),
    method: fc.constantFrom('GET', 'HEAD', 'POST', 'PUT'),
    path: fc
      .tuple(fc.array(segment, { maxLength: 5 }), fc.boolean())
      .map(([parts, slash]) => parts.map((part) => `/${part}`).join('') + (slash ? '/' : '') || '/'),
  });
  fc.assert(
    fc.property(
      fc.array(fc.record({ hosts, methods, path: patternPath }), { maxLength: 40 }),
      fc.array(request, { minLength: 20, maxLength: 20 }),
      (lines, requests) => {
        // Keep the first of those that nothing tells apart.
        const seen = new Set<string>();
        const patterns = lines
          .filter((line) => {
            const keys = (line.hosts.length === 0 ? ['*'] : line.hosts).flatMap((host) =>
              (line.methods.length === 0 ? ['*'] : line.methods).map((method) => `${host} ${method} ${line.path}`),
            );
            if (keys.some((key) => seen.has(key))) return false;
            for (const key of keys) seen.add(key);
            return true;
          })
          .map((line) => ({ ...line, value: JSON.stringify(line) }));
        const table = createRouteTable(patterns);
        for (const { host, method, path } of requests) {
          const match = table.find(host, method, path);
          const got = match.kind === 'route' ? match.route : match.kind === 'no_route' ? '404' : '405';
          assert.equal(got, naive(patterns, host, method, path), `${method} ${host} ${path}`);
        }
      },
    ),
    { numRuns: 500 },
  );
});

test('PATH-23 among 10,000 routes a request finds its own', () => {
  const lines: Line[] = Array.from({ length: 10_000 }, (_, n) =>
    n % 2 === 0 ? [`/s${n}/items`] : [`/s${n}/:id/*`, 'GET'],
  );
  const table = tableOf(...lines);
  for (let n = 0; n < 10_000; n++) {
    const path = n % 2 === 0 ? `/s${n}/items` : `/s${n}/7/x`;
    assert.equal(found(table, path), n % 2 === 0 ? `/s${n}/items` : `GET /s${n}/:id/*`);
  }
});
