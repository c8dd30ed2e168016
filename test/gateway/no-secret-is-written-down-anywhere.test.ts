import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ask, connectRaw, requestText, type Ask } from '../support/client.ts';
import { startGateway } from '../support/gateway.ts';
import { createSigningKey, startIssuer } from '../support/issuer.ts';
import { startUpstream } from '../support/upstream.ts';

test('OBS-01 RSP-13 after tokens in every place no log, metric, event or reply holds one, or a part of one', async (t) => {
  const issuer = await startIssuer();
  const upstream = await startUpstream({
    behaviour: (socket) => void socket.on('data', () => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok')),
  });
  const broken = await startUpstream({
    behaviour: (socket) => void socket.on('data', () => socket.write('junk\r\n\r\n')),
  });
  const gateway = await startGateway(`
trusted_proxies: [127.0.0.0/8]
issuers: { main: { issuer: "${issuer.issuer}", jwks_uri: "${issuer.jwksUri}", audience: "${issuer.audience}" } }
upstreams: { orders: { targets: ["${upstream.url}"] }, broken: { targets: ["${broken.url}"] } }
failed_authentications: { quota: 100000/min, mode: observe }
routes:
  - { path: /header, kind: internal, upstream: orders, auth: { issuer: main, scopes: { GET: [orders:read], POST: [other] } }, rate_limit: { quota: 3/min, by: user } }
  - { path: /cookie, kind: internal, upstream: orders, auth: { issuer: main, token_source: "cookie: session" }, rate_limit: none }
  - { path: /query, kind: internal, upstream: orders, auth: { issuer: main, token_source: "query: ticket" }, rate_limit: none }
  - { path: /named, kind: internal, upstream: orders, auth: { issuer: main, token_source: X-Access-Token }, rate_limit: none }
  - { path: /broken, kind: internal, upstream: broken, auth: { issuer: main }, rate_limit: none }
  - { path: /open, kind: operations, upstream: orders, auth: none, rate_limit: none }
`);
  t.after(() => Promise.all([gateway.close(), upstream.close(), broken.close(), issuer.close()]));

  const stranger = await createSigningKey('RS256', issuer.key().kid);
  const tokens = [
    await issuer.mint(),
    await issuer.mint({ exp: 1 }),
    await issuer.mint({ aud: 'other' }),
    await issuer.mint({ sub: undefined }),
    await issuer.mint({}, { key: stranger }),
    await issuer.mint({}, { header: { kid: 'kid-that-nobody-has' } }),
  ];
  const said: string[] = [];
  const call = async (path: string, options: Ask = {}) => {
    const reply = await ask(gateway.port, path, options);
    said.push(JSON.stringify([reply.rawHeaders, reply.body]));
    return reply.status;
  };
  for (const token of tokens) {
    const Authorization = `Bearer ${token}`;
    for (const path of ['/header', '/broken', '/open', '/nowhere', '/a%2fb'])
      await call(path, { headers: { Authorization } });
    await call('/header', { method: 'POST', headers: { Authorization }, body: `access_token=${token}` });
    await call('/header', { method: 'PATCH', headers: { Authorization, 'X-Request-ID': token } });
    await call('/header', { headers: { Authorization: `Basic ${token}` } });
    await call('/header', {
      headers: [
        ['Authorization', Authorization],
        ['Authorization', Authorization],
      ],
    });
    await call('/header', { headers: { Authorization: `${Authorization}${token.repeat(40)}` } });
    await call('/cookie', { headers: { Cookie: `a=b; session=${token}` } });
    await call('/named', { headers: { 'X-Access-Token': token } });
    for (const name of ['ticket', 'TICKET', 'access_token', 'id_token', 'code', 'client_secret', 'tick%65t']) {
      await call(`/query?a=1&${name}=${token}&b=2`);
      await call(`/nowhere?${name}=${token}`);
      await call(`/a%2fb?${name}=${token}`);
    }
    await call('/open', {
      headers: { 'Proxy-Authorization': Authorization, 'X-Api-Key': token, Referer: `https://x/?t=${token}` },
    });
    const connection = await connectRaw(gateway.port);
    connection.send(requestText('/header', { headers: { Authorization, 'Bad Name': token } }));
    said.push((await connection.reply()).body);
    connection.close();
  }
  said.push(await fetch(`http://127.0.0.1:${gateway.adminPort}/metrics`).then((reply) => reply.text()));
  await gateway.close();
  const written = [...said, gateway.accessText(), JSON.stringify(gateway.events)].join('\n');

  assert.ok(gateway.accessText().split('\n').length > 150);
  assert.match(gateway.accessText(), /\/query\?a=1&ticket=\*\*\*&b=2/);
  for (const token of tokens) {
    const [header, payload, signature] = token.split('.') as [string, string, string];
    for (const part of [token, header, payload, signature, signature.slice(0, 16), payload.slice(-16)]) {
      assert.equal(written.split(part).length - 1, 0, part);
    }
  }
  assert.doesNotMatch(written, /kid-that-nobody-has|Basic |\.ts:\d/);
  assert.doesNotMatch(
    said.join(),
    new RegExp(`127.0.0.1:(?:${upstream.port}|${broken.port})(?!"[,}])`),
    'no address of a service',
  );
});
