/**
 * What `npm run build` and `npm pack` run: `dist/` anew, as JavaScript with its
 * declarations, and the JSON Schema that editors read. Node does not strip types
 * inside `node_modules`, so what is published must be built.
 */
import { spawnSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { configSchema } from '../src/config/json-schema.ts';

rmSync('dist', { recursive: true, force: true });
const { status } = spawnSync('node_modules/.bin/tsc', ['-p', 'tsconfig.build.json'], { stdio: 'inherit' });
writeFileSync('gatehouse.schema.json', `${JSON.stringify(configSchema(), undefined, 2)}\n`);
process.exitCode = status ?? 1;
