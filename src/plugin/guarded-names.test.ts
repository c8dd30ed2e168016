import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createHeaderGuard, foldName } from './guarded-names.ts';

const isGuarded = createHeaderGuard(['X-User-ID', 'X_Tenant_ID']);

for (const name of [
  'x-user-id',
  'x_user_id',
  'x_user-id',
  'x-user_id',
  'x.user.id',
  'x-user-id_',
  'x-user-id-',
  '_x-user-id',
  "x'user'id",
  'x-tenant-id',
]) {
  test(`HDR-03 ${name} is a guarded name`, () => assert.equal(isGuarded(name), true));
}

for (const name of ['x-user', 'x-user-ids', 'xuserid', 'x--user-id', 'accept', '__proto__', 'constructor', '-', '']) {
  test(`"${name}" is not a guarded name`, () => assert.equal(isGuarded(name), false));
}

test('no names guard nothing', () => assert.equal(createHeaderGuard([])('x-user-id'), false));

test('names fold to letters, digits and inner dashes', () => {
  assert.equal(foldName('X_User.ID_'), 'x-user-id');
  assert.equal(foldName('X--User'), 'x--user');
});
