import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { configSchema } from './json-schema.ts';

type Schema = { readonly [key: string]: unknown; readonly properties?: Readonly<Record<string, Schema>> };

test('the committed schema is the current one; `gatehouse schema > gatehouse.schema.json` makes it so', () => {
  assert.equal(readFileSync('gatehouse.schema.json', 'utf8'), `${JSON.stringify(configSchema(), undefined, 2)}\n`);
});

test('every key says what it is for', () => {
  const silent: string[] = [];
  const look = (schema: Schema, path: string): void => {
    for (const [key, property] of Object.entries(schema.properties ?? {})) {
      // Under `scopes`, a method's name says all there is to say.
      if (property.description === undefined && !/^[A-Z]+$/.test(key)) silent.push(`${path}${key}`);
    }
    for (const [key, inner] of Object.entries(schema)) {
      if (typeof inner === 'object' && inner !== null && key !== 'default')
        look(inner as Schema, key === 'properties' ? path : `${path}${key}.`);
    }
  };
  look(configSchema(), '');
  assert.deepEqual(silent, []);
});

test('what must be there and what may not is in it', () => {
  const schema: Schema = configSchema();
  assert.equal(schema.$schema, 'https://json-schema.org/draft/2020-12/schema');
  assert.deepEqual(schema.required, ['upstreams', 'routes']);
  assert.equal(schema.additionalProperties, false);
  assert.deepEqual((schema.properties?.routes?.items as Schema | undefined)?.required, ['path', 'upstream', 'auth']);
  assert.match(
    JSON.stringify(schema.properties?.timeouts),
    /"default":"10s","description":"[^"]+","type":"string","pattern"/,
  );
});
