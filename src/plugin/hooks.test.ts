import assert from 'node:assert/strict';
import { test } from 'node:test';
import { composePlugins, type PluginHooks } from './hooks.ts';

const REPLY = { status: 200, reason: 'OK', fields: '', body: '' };
const REQUEST = { address: '192.0.2.1' };

test('without plugins there is nothing to call', () => {
  assert.equal(composePlugins([]).onRequest, undefined);
});

test('the first that answers is the last that is asked', () => {
  const asked: string[] = [];
  const plugin = (name: string, reply: ReturnType<PluginHooks['onRequest']>): PluginHooks => ({
    name,
    onRequest() {
      asked.push(name);
      return reply;
    },
  });
  const { names, onRequest } = composePlugins([plugin('a', undefined), plugin('b', REPLY), plugin('c', REPLY)]);
  assert.equal(onRequest?.(REQUEST), REPLY);
  assert.deepEqual(asked, ['a', 'b']);
  assert.deepEqual(names, ['a', 'b', 'c']);
});

test('what a plugin throws says whose it is', () => {
  const { onRequest } = composePlugins([
    {
      name: 'add-region',
      onRequest() {
        throw new TypeError('no such region');
      },
    },
  ]);
  assert.throws(() => onRequest?.(REQUEST), /the plugin add-region failed: TypeError: no such region\n +at /);
});
