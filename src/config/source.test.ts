import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { configOf, faultsOf } from '../../test/support/configuration.ts';
import { sourceOf } from '../../test/support/source.ts';
import { loadConfig, parseConfig } from './load.ts';

function bytesFault(bytes: Uint8Array): readonly string[] {
  const loaded = parseConfig(bytes, 'g.yaml', sourceOf());
  return loaded.config === undefined ? loaded.faults.map(({ message }) => message) : [];
}

/** Nine lists of nine aliases each: 9^9 values from ten lines. */
const BOMB = Array.from({ length: 10 }, (_, at) => {
  const name = String.fromCharCode(97 + at);
  const items = at === 0 ? 'x' : `*${String.fromCharCode(96 + at)}`;
  return `${name}: &${name} [${Array.from({ length: 9 }, () => items).join(', ')}]`;
}).join('\n');

for (const [what, text, message] of [
  ['an empty file', '', /^the file is empty/],
  ['a file of comments', '# nothing\n\n', /^the file is empty/],
  ['a file of null', 'null', /^the file is empty/],
  ['blanks', ' \n\t\n', /^the file is empty/],
  ['a list', '- a', /^the file is not a map of keys/],
  ['a word', 'gatehouse', /^the file is not a map of keys/],
  ['a NUL', 'listen: "a\0b"', /^the file is binary/],
  ['a second document', 'a: 1\n---\nb: 1', /^a second document/],
  ['a bomb of aliases', BOMB, /aliases of this file stand for over 10000 values/],
  ['an alias of itself', 'log: &a { x: *a }', /too deep/],
  ['a thousand brackets', '['.repeat(1000), /too deep|not YAML/],
  ['many brackets', '['.repeat(100_000), /too deep|not YAML/],
  ['many braces', '{a: '.repeat(50_000), /too deep|not YAML/],
  ['many dashes', '- '.repeat(100_000), /too deep/],
  ['deep blocks', Array.from({ length: 60 }, (_, at) => `${' '.repeat(at)}a:`).join('\n'), /too deep/],
  ['a tab for indentation', 'log:\n\tlevel: info', /not YAML: Tabs/i],
  ['half a file', 'listen: 127.0.0.1:80\nroutes: [{ path: "/a', /not YAML/],
  ['an unknown tag', 'listen: !env PORT', /the tag `!env` has no meaning/],
  ['binary in base64', 'listen: !!binary aGk=', /the tag .* has no meaning/],
  ['a list as a key', '? [a]\n: b', /a key here is not a plain word/],
  ['__proto__ as a key', 'issuers: { __proto__: { issuer: x } }', /a key here is not a plain word/],
  ['an undefined alias', 'listen: *nowhere', /begins an alias, and none of this name/],
] as const) {
  test(`LC-06 ${what} is one clear line`, () => {
    const faults = faultsOf(text);
    assert.ok(faults.length >= 1);
    const first = faults.find((line) => message.test(line.replace(/^g\.yaml:\d+:\d+: /, '')));
    assert.ok(first, faults.join('\n'));
    for (const line of faults) assert.ok(line.length < 500 && !line.includes('\n'), line);
  });
}

test('LC-06 a huge file is refused by its size alone', () => {
  const began = performance.now();
  assert.deepEqual(bytesFault(new Uint8Array(100 * 1024 * 1024)), [
    'the file is over 4 MiB; no configuration is that long',
  ]);
  assert.ok(performance.now() - began < 1000);
});

test('LC-06 bytes that are no text are said to be none', () => {
  assert.match(bytesFault(new Uint8Array([0x7f, 0x45, 0x4c, 0x46, 0, 1]))[0] ?? '', /binary/);
  assert.match(bytesFault(new Uint8Array([0x61, 0x3a, 0xff, 0xfe]))[0] ?? '', /UTF-8/);
  assert.match(bytesFault(Buffer.from('listen: a', 'utf16le'))[0] ?? '', /binary/);
});

test('LC-06 a key written twice does not hide other faults', () => {
  const faults = faultsOf('listen: 127.0.0.1:80\nlisten: 127.0.0.1:81\nrotes: []');
  assert.equal(faults[0], 'g.yaml:2:1: the key `listen` is written twice; keep one');
  assert.equal(faults[1], 'g.yaml:3:1: unknown key `rotes`; did you mean `routes`?');
});

for (const [code, message] of [
  ['ENOENT', /no such file/],
  ['EISDIR', /directory/],
  ['EACCES', /may not be read/],
  ['EIO', /cannot be read \(EIO\)/],
] as const) {
  test(`LC-06 ${code} is one clear line`, () => {
    const readFile = () => {
      throw Object.assign(new Error('…'), { code });
    };
    const loaded = loadConfig('g.yaml', { ...sourceOf(), readFile });
    assert.ok(loaded.config === undefined);
    assert.equal(loaded.faults.length, 1);
    assert.match(loaded.faults[0]?.message ?? '', message);
  });
}

const MINIMAL = `upstreams: { app: { targets: ["\${APP:-http://127.0.0.1:3000}"] } }
max_callers: \${MAX:-500}
log: { level: "\${LEVEL}" }
routes: [{ path: /a, kind: operations, upstream: app, auth: none }]`;

test('variables are put in, with their defaults, and a plain one may hold a number', () => {
  const { config } = configOf(MINIMAL, { LEVEL: 'warn', MAX: '7' });
  assert.equal(config.maxCallers, 7);
  assert.equal(config.log.level, 'warn');
  assert.equal(config.upstreams[0]?.targets[0]?.port, 3000);
  assert.equal(
    configOf(MINIMAL, { LEVEL: 'warn', APP: 'http://127.0.0.1:4000', MAX: '' }).config.upstreams[0]?.targets[0]?.port,
    4000,
  );
});

test('a variable that is not set is a fault at its place', () => {
  assert.deepEqual(faultsOf(MINIMAL), [
    'g.yaml:3:15: the variable LEVEL is not set; set it, or write `${LEVEL:-default}`',
  ]);
});

test('what a variable holds is text: it adds no key and no list item', () => {
  const faults = faultsOf(MINIMAL, { LEVEL: 'info, access: off' });
  assert.match(faults[0] ?? '', /^g\.yaml:3:15: `level` is `\$\{LEVEL\}`;/);
});

test('LC-08 no message says what a variable holds, or a password in a URL', () => {
  const secret = 'hunter2';
  const text = `${MINIMAL}\nlisten: \${S}\nadmin: \${S}\ntrusted_proxies: ["\${S}"]\nipv6_prefix: \${S}\n`;
  for (const line of faultsOf(text, { LEVEL: secret, MAX: secret, APP: secret, S: secret }))
    assert.ok(!line.includes(secret), line);
  for (const line of faultsOf(MINIMAL.replace('${APP:-http://', '${APP:-http://me:hunter2@'), { LEVEL: 'info' })) {
    assert.ok(!line.includes(secret), line);
  }
});

for (const text of ['$${', '${', '${}', '${1A}', '${A', '${A:-', '${A-b}', '${A:?x}']) {
  test(`${text} is no variable`, () => {
    const faults = faultsOf(`log: { access: '${text}' }`, { A: 'x' });
    assert.ok(
      faults.some((line) => line.startsWith('g.yaml:1:16: a `${` here is no variable;')),
      faults.join('\n'),
    );
  });
}

for (const [text, hint] of [
  ['trusted_proxies: [${PROXY}]', /put quotes round what holds \$\{…\}$/],
  ['cors: { origins: [*] }', /put quotes round what begins with `\*`$/],
  ['routes:\n  - host: *.example.com', /put quotes round the value$/],
  ['token_source: Authorization: Bearer', /put quotes round a value that holds `: `$/],
] as const) {
  test(`${text} is told to use quotes`, () => {
    const faults = faultsOf(text);
    assert.ok(
      faults.some((line) => hint.test(line)),
      faults.join('\n'),
    );
  });
}

test('what stands under an alias is faulted once, where it is written', () => {
  const faults = faultsOf('timeouts: &t { head: 99h }\nlimits: { head: 1kb, request_line: 2kb }\nlog: *t\n');
  assert.equal(faults.filter((line) => line.includes('99h')).length, 1);
});

const words = [
  'routes',
  'issuers',
  'upstreams',
  'rate_limits',
  'path',
  'auth',
  'none',
  'scopes',
  'GET',
  'kind',
  'public',
  'main',
  'plans',
  'by',
  'cors',
  'plugins',
  'inject-claims',
  'headers',
  '*',
  '${A:-1/s}',
  '10/min',
  '30s',
  '__proto__',
  'constructor',
  'a.b',
  '',
  'null',
  '5',
];
const value = fc.letrec<{ node: unknown }>((tie) => ({
  node: fc.oneof(
    { maxDepth: 6, withCrossShrink: true },
    fc.oneof(fc.constantFrom(...words), fc.boolean(), fc.integer(), fc.constant(null), fc.string()),
    fc.array(tie('node'), { maxLength: 4 }),
    fc.dictionary(fc.constantFrom(...words), tie('node'), { maxKeys: 6, noNullPrototype: true }),
  ),
})).node;

function neverThrows(text: string): void {
  const loaded = parseConfig(text, 'g.yaml', sourceOf());
  if (loaded.config !== undefined) return;
  assert.ok(loaded.faults.length > 0);
  for (const { line, column, message } of loaded.faults)
    assert.ok(line >= 1 && column >= 1 && !message.includes('\n'), message);
}

test('LC-06 no text at all makes it throw', () => {
  fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 200 }), neverThrows), { numRuns: 2000 });
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom(...'{}[]:,-#&*!|>\'"%@` \n\tab1$'.split('')), maxLength: 60 }),
      neverThrows,
    ),
    { numRuns: 5000 },
  );
});

test('LC-06 no YAML of our own words makes it throw', () => {
  const file = fc.dictionary(
    fc.constantFrom('routes', 'issuers', 'upstreams', 'rate_limits', 'cors', 'admin', 'log', 'limits'),
    value,
    { noNullPrototype: true },
  );
  fc.assert(
    fc.property(file, (tree) => neverThrows(JSON.stringify(tree))),
    { numRuns: 2000 },
  );
});
