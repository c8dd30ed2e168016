/** What there is to see: calls to paste into a shell, each with what it shows. A test runs every one of them. */

export interface Addresses {
  readonly gateway: string;
  readonly admin: string;
  readonly issuer: string;
}

export interface Call {
  readonly shows: string;
  readonly command: string;
}

export function calls({ gateway, admin, issuer }: Addresses): readonly Call[] {
  const token = `-H "Authorization: Bearer $(curl -s ${issuer}/token)"`;
  const expired = `-H "Authorization: Bearer $(curl -s ${issuer}/token/expired)"`;
  const orders = `${gateway}/api/v1/orders`;
  return [
    {
      shows: 'A good token: 200, and the service was sent X-User-ID and X-Tenant-ID in the place of Authorization',
      command: `curl -i ${token} ${orders}`,
    },
    {
      shows: 'No token: 401, missing_token, and a bare challenge in WWW-Authenticate',
      command: `curl -i ${orders}`,
    },
    {
      shows: 'An expired token: 401, invalid_token with the reason "expired"',
      command: `curl -i ${expired} ${orders}`,
    },
    {
      shows: 'Names of identity that the caller sets itself, in two spellings: the service is told alice all the same',
      command: `curl -i -H 'X-User-ID: root' -H 'x_user_id: root' ${token} ${orders}`,
    },
    {
      shows: 'A scope that the token lacks: 403, insufficient_scope, and which one it is',
      command: `curl -i ${token} -X POST ${orders}`,
    },
    {
      shows: 'A preflight from a page of https://app.example.com: 204, answered without a token',
      command: `curl -i -X OPTIONS -H 'Origin: https://app.example.com' -H 'Access-Control-Request-Method: GET' ${orders}`,
    },
    {
      shows: 'Twelve logins in a row: 200 ten times, then 429 (10 a minute by address)',
      command: `curl -s -o /dev/null -w '%{http_code}\\n' -X POST '${gateway}/login?[1-12]'`,
    },
    {
      shows: 'One more: 429, rate_limited, and in Retry-After how many seconds to wait',
      command: `curl -i -X POST ${gateway}/login`,
    },
    {
      shows: 'The same from another address, as a trusted proxy tells it: 200, its quota is untouched',
      command: `curl -i -H 'X-Forwarded-For: 203.0.113.7' -X POST ${gateway}/login`,
    },
    {
      shows: 'What was refused so far, by code, as Prometheus reads it',
      command: `curl -s ${admin}/metrics | grep '^gatehouse_refusals_total.* [1-9]'`,
    },
  ];
}
