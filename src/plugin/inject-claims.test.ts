import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { type ClaimsHolder, createClaimInjector } from './inject-claims.ts';

const injector = createClaimInjector(0, [{ header: 'X-Claim', claim: ['claim'] }]);

function holding(claims: Record<string, unknown>): ClaimsHolder {
  return { claims, rendered: [] };
}

/** The value under `X-Claim`, or `undefined` where there is no such header. */
function valueOf(claim: unknown): string | undefined {
  const text = injector.render(holding({ claim }));
  return text === '' ? undefined : text.slice('X-Claim: '.length, -'\r\n'.length);
}

test('claims stand under the configured names, in order', () => {
  const { render } = createClaimInjector(0, [
    { header: 'X-User-ID', claim: ['sub'] },
    { header: 'X-Nobody', claim: ['absent'] },
    { header: 'X-Roles', claim: ['realm', 'roles'] },
  ]);
  const principal = holding({ sub: 'abc', realm: { roles: ['a', 'b'] } });
  assert.equal(render(principal), 'X-User-ID: abc\r\nX-Roles: a,b\r\n');
});

test('the text is made once for each principal and injector', () => {
  const principal = holding({ claim: 'first' });
  const other = createClaimInjector(1, [{ header: 'X-Other', claim: ['claim'] }]);
  const text = injector.render(principal);
  (principal.claims as Record<string, unknown>).claim = 'second';
  assert.equal(injector.render(principal), text);
  assert.equal(other.render(principal), 'X-Other: second\r\n');
});

for (const [what, claim, expected] of [
  ['CR', 'a\rb', 'a%0Db'],
  ['LF', 'a\nX-Admin: 1', 'a%0AX-Admin:%201'],
  ['CRLF', 'a\r\nX-Admin: 1', 'a%0D%0AX-Admin:%201'],
  ['NUL', 'a\u0000', 'a%00'],
  ['DEL', 'a\u007f', 'a%7F'],
  ['characters whose low bytes are CR and LF', 'č\u010a', '%C4%8D%C4%8A'],
  ['a line separator', '\u2028', '%E2%80%A8'],
] as const) {
  test(`HDR-10 ${what} in a claim begins no header line`, () => assert.equal(valueOf(claim), expected));
}

for (const [what, claim, expected] of [
  ['leading and trailing space', ' a ', '%20a%20'],
  ['a tab', '\ta', '%09a'],
  ['a comma', 'a,b', 'a,b'],
  ['a percent sign', '%41', '%2541'],
  ['é', 'é', '%C3%A9'],
  ['an emoji', '🦊', '%F0%9F%A6%8A'],
  ['U+0085 and U+00A0 at the ends', '\u0085admin\u00a0', '%C2%85admin%C2%A0'],
  ['an empty text', '', ''],
  ['5 kB', 'x'.repeat(5000), 'x'.repeat(5000)],
] as const) {
  test(`HDR-11 ${what} has one encoding`, () => assert.equal(valueOf(claim), expected));
}

test('HDR-11 lone surrogates stay apart', () => {
  assert.equal(valueOf('\ud800'), '%ED%A0%80');
  assert.equal(valueOf('\udfff'), '%ED%BF%BF');
});

for (const [what, claim, expected] of [
  ['a number', 5, '5'],
  ['a fraction', 1.5, '1.5'],
  ['true', true, 'true'],
  ['false', false, 'false'],
  ['zero', 0, '0'],
  ['null', null, undefined],
  ['an absent claim', undefined, undefined],
  ['a list', ['a', 'b'], 'a,b'],
  ['a list with a comma inside an element', ['a,b', 'c'], 'a%2Cb,c'],
  ['a list of scalars', [1, true, 'x', null], '1,true,x,null'],
  ['a list of empty texts', ['', ''], ','],
  ['an empty list', [], undefined],
  ['an object', { a: 'b c' }, '{"a":"b%20c"}'],
  ['a list in a list', [['a', 'b']], '["a"%2C"b"]'],
] as const) {
  test(`HDR-12 ${what} as text`, () => assert.equal(valueOf(claim), expected));
}

test('HDR-12 a path goes through own members only', () => {
  const paths = [
    ['a', 'b'],
    ['https://example.com/roles'],
    ['a', 'b', 'length'],
    ['constructor', 'name'],
    ['list', '0'],
  ];
  const claims = { a: { b: 'deep' }, 'https://example.com/roles': 'url-named', list: ['x'] };
  const values = paths.map((claim) => createClaimInjector(0, [{ header: 'X', claim }]).render(holding(claims)));
  assert.deepEqual(values, ['X: deep\r\n', 'X: url-named\r\n', '', '', '']);
});

// A claim is of one kind for one issuer: `5` and `"5"` have the same text, as the format says.
test('HDR-11 equal headers mean equal claims, and every value is visible ASCII', () => {
  const awkward = fc.string({
    unit: fc.constantFrom('%', ',', ' ', '2', 'C', '\r', '\n', '\0', 'é', '\ud800', '\udc00', '"'),
  });
  const text = fc.oneof(awkward, fc.string({ unit: 'binary', maxLength: 12 }));
  const kinds: readonly fc.Arbitrary<unknown>[] = [
    text,
    fc.array(text, { minLength: 1, maxLength: 4 }),
    fc.oneof(
      fc.integer(),
      fc.double({ noNaN: true, noDefaultInfinity: true }).map((n) => n + 0),
    ),
    fc.dictionary(fc.string({ maxLength: 3 }), text, { maxKeys: 3, noNullPrototype: true }),
  ];
  for (const [at, kind] of kinds.entries()) {
    const seen = new Map<string, string>();
    fc.assert(
      fc.property(kind, (claim) => {
        const value = valueOf(claim)!;
        assert.match(value, /^[!-~]*$/);
        const identity = JSON.stringify(claim);
        assert.equal(seen.get(value) ?? identity, identity);
        seen.set(value, identity);
      }),
      { numRuns: 25_000, seed: at + 1 },
    );
    assert.ok(seen.size > 1000);
  }
});
