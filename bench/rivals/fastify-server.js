/**
 * The Fastify stack, set up as fast as its own manuals allow: the token verified
 * in the first hook by the plugin's one verifier (`request.jwtVerify` decodes
 * again each time), its cache keyed by the token itself and as large as ours,
 * undici to the upstream, and one asynchronous log line a request. Plain
 * JavaScript: the types of these packages are not installed with the product.
 */
import { readFileSync } from 'node:fs';
import httpProxy from '@fastify/http-proxy';
import jwt from '@fastify/jwt';
import rateLimit from '@fastify/rate-limit';
import fastify from 'fastify';
import pino from 'pino';

const setup = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const destination = pino.destination({ dest: `${setup.folder}/fastify.log`, sync: false, minLength: 4096 });

const app = fastify({
  loggerInstance: pino(destination),
  disableRequestLogging: true,
  bodyLimit: 10 * 1024 * 1024,
  https: setup.tls ? { cert: readFileSync(setup.tls.cert), key: readFileSync(setup.tls.key) } : null,
});

await app.register(jwt, {
  secret: { public: readFileSync(setup.publicKeyFile, 'utf8') },
  verify: {
    algorithms: [setup.algorithm],
    allowedIss: setup.issuer,
    allowedAud: setup.audience,
    requiredClaims: ['sub', 'tenant_id', 'exp'],
    cache: 20_000,
    cacheKeyBuilder: (token) => token,
  },
});

app.addHook('onRequest', (request, reply, done) => {
  const { authorization } = request.headers;
  if (!authorization?.startsWith('Bearer ')) {
    reply.code(401).send({ code: 'missing_token' });
    return;
  }
  try {
    request.user = app.jwt.verify(authorization.slice(7));
  } catch (error) {
    reply.code(401).send({ code: error.code });
    return;
  }
  done();
});

await app.register(rateLimit, {
  max: setup.quota,
  timeWindow: '1 minute',
  hook: 'onRequest',
  cache: 1_000_000,
  keyGenerator: (request) => request.user.sub,
});

app.addHook('onResponse', (request, reply, done) => {
  request.log.info({
    method: request.method,
    url: request.url,
    status: reply.statusCode,
    address: request.ip,
    subject: request.user?.sub,
    duration_ms: reply.elapsedTime,
  });
  done();
});

await app.register(httpProxy, {
  upstream: `http://127.0.0.1:${setup.upstreamPort}`,
  routes: setup.prefixes.map((prefix) => `${prefix}/*`),
  disableRequestLogging: true,
  undici: { connections: 256, pipelining: 1, keepAliveTimeout: 60_000, keepAliveMaxTimeout: 600_000 },
  replyOptions: {
    // What the upstream says of its own connection is passed on otherwise, and contradicts a caller's `close`.
    rewriteHeaders(headers) {
      delete headers.connection;
      return headers;
    },
    rewriteRequestHeaders(request, headers) {
      delete headers.authorization;
      headers['x-user-id'] = request.user.sub;
      headers['x-tenant-id'] = request.user.tenant_id;
      return headers;
    },
  },
});

await app.listen({ host: '127.0.0.1', port: setup.port, backlog: 4096 });
