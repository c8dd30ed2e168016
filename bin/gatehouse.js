#!/usr/bin/env node
// The executable. Written so that an old Node can read it too, and say which one is needed.
var version = process.versions.node;
if (Number(version.split('.')[0]) < 24) {
  process.stderr.write('gatehouse needs Node 24 or newer; this is Node ' + version + '.\n');
  process.exitCode = 2;
} else {
  import('../dist/cli.js').catch(function (error) {
    // A checkout that is not built runs from its source.
    if (error.code === 'ERR_MODULE_NOT_FOUND' && String(error.url).endsWith('/dist/cli.js'))
      return import('../src/cli.ts');
    throw error;
  });
}
