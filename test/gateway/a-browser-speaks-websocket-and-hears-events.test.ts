import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { chromium } from 'playwright-core';
import { pathOf, whyAbsent } from '../../scripts/parts.ts';
import { startGateway } from '../support/gateway.ts';
import { startIssuer } from '../support/issuer.ts';
import { until } from '../support/other-end.ts';
import { startEchoService } from '../support/websocket.ts';

/** The page of both origins: what it can do when it is asked to. */
const PAGE = `<!doctype html><title>page</title><script>
const speak = () => new Promise((resolve) => {
  const socket = new WebSocket('ws://app.test/live', ['chat']);
  const heard = [];
  socket.onopen = () => { socket.send('one'); socket.send(new Uint8Array(100000)); };
  socket.onmessage = ({ data }) => { heard.push(data.size ?? data); if (heard.length === 2) socket.close(4000); };
  socket.onclose = ({ code }) => resolve({ protocol: socket.protocol, heard, code });
});
const listen = () => new Promise((resolve) => {
  const events = new EventSource('/events');
  const heard = [];
  events.onmessage = ({ data }) => {
    heard.push(data);
    // The service sends the next one only when it is asked to: none of them waits for another.
    if (heard.length < 3) fetch('/next', { method: 'POST' });
    else { events.close(); resolve(heard); }
  };
});
</script>`;

test(
  'a browser speaks WebSocket and hears events with its cookie; a page of another origin is refused',
  { skip: whyAbsent('chromium') },
  async (t) => {
    const issuer = await startIssuer();
    const echo = await startEchoService({ perMessageDeflate: true });
    let sendEvent = (): void => {};
    const site = createServer((request, response) => {
      if (request.url === '/page') response.writeHead(200, { 'Content-Type': 'text/html' }).end(PAGE);
      else if (request.url === '/next') {
        response.end();
        sendEvent();
      } else if (request.url === '/events') {
        let number = 0;
        response.writeHead(200, { 'Content-Type': 'text/event-stream' });
        sendEvent = () => void response.write(`data: event ${++number}\n\n`);
        sendEvent();
      } else response.writeHead(404).end();
    });
    await new Promise<void>((resolve) => site.listen(0, '127.0.0.1', resolve));
    const gateway = await startGateway(`
issuers: { main: { issuer: "${issuer.issuer}", jwks_uri: "${issuer.jwksUri}", audience: "${issuer.audience}" } }
upstreams:
  site: { targets: ["http://127.0.0.1:${(site.address() as AddressInfo).port}"] }
  echo: { targets: ["${echo.url}"] }
routes:
  - { path: /page, kind: operations, upstream: site, auth: none, rate_limit: none }
  - { path: /next, methods: [POST], kind: operations, upstream: site, auth: none, rate_limit: none }
  - path: /events
    host: app.test
    kind: internal
    upstream: site
    auth: { issuer: main, token_source: 'cookie: session' }
    rate_limit: none
    streaming: true
  - path: /live
    host: app.test
    kind: internal
    upstream: echo
    auth: { issuer: main, token_source: 'cookie: session' }
    rate_limit: none
    upgrade: [websocket]
    cors: { origins: ["http://app.test"], credentials: true }
`);
    const browser = await chromium.launch({
      executablePath: pathOf('chromium')!,
      // Whoever is root has no sandbox. Every name is the gateway.
      args: ['--no-sandbox', `--host-resolver-rules=MAP * 127.0.0.1:${gateway.port}`],
    });
    t.after(async () => {
      await browser.close();
      await Promise.all([gateway.close(), echo.close(), issuer.close()]);
      site.closeAllConnections();
      site.close();
    });

    const context = await browser.newContext();
    await context.addCookies([
      { name: 'session', value: await issuer.mint(), domain: 'app.test', path: '/', httpOnly: true, sameSite: 'Lax' },
    ]);
    const page = await context.newPage();
    await page.goto('http://app.test/page');
    assert.deepEqual(await page.evaluate('speak()'), { protocol: 'chat', heard: ['one', 100_000], code: 4000 });
    assert.match(String(echo.heads[0]!.headers['sec-websocket-extensions']), /permessage-deflate/);
    assert.deepEqual(echo.closes, [4000]);
    assert.deepEqual(await page.evaluate('listen()'), ['event 1', 'event 2', 'event 3']);

    // The same site to a browser, so the cookie comes along: only the origin tells.
    await page.goto('http://evil.app.test/page');
    assert.deepEqual(await page.evaluate('speak()'), { protocol: '', heard: [], code: 1006 });
    assert.equal(echo.heads.length, 1);
    await until(() => gateway.accessText().includes('origin_not_allowed'));
    const lines = (await gateway.accessLines(1)).filter(({ path }) => path === '/live');
    assert.deepEqual(
      lines.map(({ status, refusal }) => [status, refusal]),
      [
        [101, undefined],
        [403, 'origin_not_allowed'],
      ],
    );
  },
);
