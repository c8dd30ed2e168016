import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { after, test } from 'node:test';
import { whyAbsent } from '../../scripts/parts.ts';
import { freePorts, startDemo } from '../support/demo.ts';

const noCurl = whyAbsent('curl');
const demo = startDemo(await freePorts());
after(() => demo.process.kill('SIGTERM'));
await demo.listening;

/** The line of text that stands over each call, and what the call must then show. */
const printed = [...demo.output().matchAll(/^# (.+)\n(curl .+)$/gm)].map(([, shows = '', command = '']) => ({
  shows,
  command,
}));

const checks: readonly (readonly [shows: RegExp, check: (output: string) => void])[] = [
  [
    /A good token: 200, .* X-User-ID and X-Tenant-ID in the place of Authorization/,
    (output) => {
      const { headers } = bodyOf(200, output) as { headers: Record<string, string> };
      assert.equal(headers['x-user-id'], 'alice');
      assert.equal(headers['x-tenant-id'], 'acme');
      assert.equal(headers.authorization, undefined);
    },
  ],
  [
    /No token: 401, missing_token, and a bare challenge/,
    (output) => {
      assert.equal(bodyOf(401, output).code, 'missing_token');
      assert.match(output, /^WWW-Authenticate: Bearer realm="main"$/m);
    },
  ],
  [
    /An expired token: 401, invalid_token with the reason "expired"/,
    (output) => {
      const { code, reason } = bodyOf(401, output);
      assert.deepEqual([code, reason], ['invalid_token', 'expired']);
    },
  ],
  [
    /Names of identity that the caller sets itself, in two spellings: the service is told alice/,
    (output) => {
      const { headers } = bodyOf(200, output) as { headers: Record<string, string> };
      assert.equal(headers['x-user-id'], 'alice');
      assert.doesNotMatch(output, /root|x_user_id/);
    },
  ],
  [
    /A scope that the token lacks: 403, insufficient_scope, and which one/,
    (output) => {
      assert.equal(bodyOf(403, output).code, 'insufficient_scope');
      assert.match(output, /scope="orders:write"/);
    },
  ],
  [
    /A preflight .*: 204, answered without a token/,
    (output) => {
      assert.match(output, /^HTTP\/1\.1 204 /);
      assert.match(output, /^Access-Control-Allow-Origin: https:\/\/app\.example\.com$/m);
    },
  ],
  [
    /Twelve logins in a row: 200 ten times, then 429/,
    (output) => assert.deepEqual(output.trim().split('\n'), [...Array<string>(10).fill('200'), '429', '429']),
  ],
  [
    /One more: 429, rate_limited, and in Retry-After how many seconds/,
    (output) => {
      assert.equal(bodyOf(429, output).code, 'rate_limited');
      assert.match(output, /^Retry-After: [1-9]\d*$/m);
    },
  ],
  [/The same from another address, .*: 200/, (output) => assert.ok(bodyOf(200, output))],
  [
    /What was refused so far, by code/,
    (output) => {
      assert.match(output, /^gatehouse_refusals_total\{code="missing_token",reason=""\} 1$/m);
      assert.match(output, /^gatehouse_refusals_total\{code="invalid_token",reason="expired"\} 1$/m);
      assert.match(output, /^gatehouse_refusals_total\{code="insufficient_scope",reason=""\} 1$/m);
      assert.match(output, /^gatehouse_refusals_total\{code="rate_limited",reason=""\} 3$/m);
    },
  ],
];

test('as many calls are printed as are checked here', () => assert.equal(printed.length, checks.length, demo.output()));

// In the order they are printed: the logins count together.
for (const [at, [shows, check]] of checks.entries()) {
  const call = printed[at];
  test(`printed call ${at + 1}: ${call?.shows}`, { skip: noCurl }, async () => {
    assert.match(call!.shows, shows);
    check(await run(call!.command));
  });
}

/** What a reader would do: paste the line into a shell. Progress that curl writes to stderr is not looked at. */
function run(command: string): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  execFile('sh', ['-c', command], (error, stdout) => (error === null ? resolve(stdout) : reject(error)));
  return promise.then((output) => output.replaceAll('\r\n', '\n'));
}

function bodyOf(status: number, output: string): Record<string, unknown> {
  const [head = '', body = ''] = output.split('\n\n');
  assert.match(head, new RegExp(`^HTTP/1.1 ${status} `));
  return JSON.parse(body) as Record<string, unknown>;
}
