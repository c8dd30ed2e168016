/** The Fastify stack: what it is told; what it does with it stands in fastify-server.js. */
import { fileURLToPath } from 'node:url';
import type { Rival } from '../rivals.ts';

const SERVER = fileURLToPath(new URL('fastify-server.js', import.meta.url));

export const fastify: Rival = {
  title: 'Fastify, http-proxy + jwt (cached) + rate-limit + log',
  files: (setup) => ({ 'fastify.json': `${JSON.stringify(setup, undefined, 2)}\n` }),
  command: (configuration) => [process.execPath, SERVER, configuration],
};
