#!/usr/bin/env node
// The executable. Written so that an old Node can read it too, and say which one is needed.
var version = process.versions.node;
if (Number(version.split('.')[0]) < 24) {
  process.stderr.write('gatehouse needs Node 24 or newer; this is Node ' + version + '.\n');
  process.exitCode = 2;
} else {
  // The package holds no source; a checkout does, and what stands in it is newer than what was built from it.
  import('../src/cli.ts').catch(function (error) {
    if (error.code === 'ERR_MODULE_NOT_FOUND' && String(error.url).endsWith('/src/cli.ts'))
      return import('../dist/cli.js');
    throw error;
  });
}
