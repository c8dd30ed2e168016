import assert from 'node:assert/strict';
import { test } from 'node:test';
import { identityOf } from './identity.ts';

test('where it stands, the order of its names and what is looked at on disk make no difference', () => {
  const one = {
    place: { line: 1, column: 1 },
    b: [1, { place: 3, c: undefined }],
    a: new Map([
      ['x', 1],
      ['y', 2],
    ]),
  };
  const other = {
    a: new Map([
      ['y', 2],
      ['x', 1],
    ]),
    b: [1, {}],
    place: { line: 9, column: 9 },
  };
  assert.equal(identityOf(one), identityOf(other));
  const certificate = { certFile: '/a.pem', keyFile: '/a.key', cert: 'old', key: 'old', notAfter: 1 };
  assert.equal(identityOf(certificate), identityOf({ ...certificate, cert: 'new', key: 'new', notAfter: 2 }));
  assert.equal(identityOf({ pem: 'old', file: '/ca.pem' }), identityOf({ pem: 'new', file: '/ca.pem' }));
});

test('everything else does', () => {
  const values = [
    1,
    '1',
    null,
    true,
    [],
    {},
    [1, 2],
    [2, 1],
    Infinity,
    -Infinity,
    new Map(),
    new Map([['a', 1]]),
    { a: 1 },
    { certFile: '/a.pem', keyFile: '/a.key' },
    { certFile: '/a.pem', keyFile: '/b.key' },
    { pem: 'p', file: '/a.pem', required: true },
    { pem: 'p', file: '/a.pem', required: false },
    { pem: 'p' },
  ];
  assert.equal(new Set(values.map(identityOf)).size, values.length);
});
