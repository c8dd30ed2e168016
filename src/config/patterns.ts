/**
 * What routes and browsers are matched against: paths, hosts, origins, claims.
 * All must stand in the one form that requests are brought to, or they would
 * never match, or match by a name that the policy was not written for.
 */

/** What `path` should be, or `undefined` where it is right. `plain`: without `:name` and `*`. */
export function pathFault(path: string, plain = false): string | undefined {
  if (!path.startsWith('/')) return `begin it with a slash: \`/${path.slice(0, 100)}\``;
  if (path.includes('//')) return 'write single slashes: `//` in a request is refused';
  const segments = path.slice(1).split('/');
  for (const [index, segment] of segments.entries()) {
    const fault = segmentFault(segment, index === segments.length - 1, plain);
    if (fault !== undefined) return fault;
  }
  const names = segments.filter((segment) => segment.startsWith(':'));
  return new Set(names).size < names.length ? 'give each `:name` a name of its own' : undefined;
}

function segmentFault(segment: string, last: boolean, plain: boolean): string | undefined {
  if (segment === '.' || segment === '..')
    return 'leave dot segments out: requests are matched after they are resolved';
  if (segment.includes('*')) {
    if (plain) return 'leave the `*` out: what it stood for is put behind';
    if (segment !== '*' || !last) return '`*` can only be the whole last segment, as in `/api/*`';
  }
  if (segment.startsWith(':')) {
    if (plain) return 'leave `:name` out: write the text itself';
    if (!/^:[A-Za-z_][A-Za-z0-9_-]*$/.test(segment)) return 'write a parameter as a whole segment, as in `/users/:id`';
    return undefined;
  }
  if (/[?#]/.test(segment)) return 'leave the query and fragment out: only the path is matched';
  if (/[;\\]/.test(segment)) return 'leave `;` and `\\` out: requests that hold them are refused';
  return escapesFault(segment);
}

function escapesFault(segment: string): string | undefined {
  let normal: string;
  try {
    normal = encodeURIComponent(decodeURIComponent(segment)).replaceAll(
      /%(?:21|24|26|27|28|29|2A|2B|2C|3A|3D|40)/g,
      decodeURIComponent,
    );
  } catch {
    return 'a `%` begins two hex digits of a UTF-8 character, as in `%C3%A9`';
  }
  if (/%(?:2F|5C|25|3B|[01][0-9A-F]|7F)/.test(normal))
    return 'leave escaped separators, `%25` and control characters out: requests that hold them are refused';
  return normal === segment ? undefined : `write it as requests are matched: \`${normal.slice(0, 200)}\``;
}

/** The path without the names of its parameters: two routes of one shape match the same requests. */
export function shapeOf(path: string): string {
  return path.replaceAll(/\/:[^/]+/g, '/:');
}

const LABELS = /^(?=.{1,253}$)[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?(?:\.[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?)*$/;

export function hostFault(host: string): string | undefined {
  const name = host.startsWith('*.') ? host.slice(2) : host;
  if (host.includes('://')) return 'leave the scheme out';
  if (name.includes('*')) return '`*` can only be the whole first label, as in `*.example.com`';
  if (/^\[[0-9a-f:.]+\]$/.test(host))
    return URL.canParse(`http://${host}/`) ? undefined : 'write an IPv6 address as in `[::1]`';
  if (/:\d*$/.test(host)) return 'leave the port out: routes are told apart by name alone';
  if (host.endsWith('.')) return 'leave the final dot out: both spellings are the same host';
  if (LABELS.test(name)) return undefined;
  const ascii = /[^\0-\x7f]/.test(name) ? URL.parse(`http://${name}/`)?.hostname : undefined;
  if (ascii === undefined || !LABELS.test(ascii)) return 'write a host as in `api.example.com` or `*.example.com`';
  return `write \`${host.startsWith('*.') ? '*.' : ''}${ascii}\``;
}

export function originFault(origin: string): string | undefined {
  if (origin === '*') return undefined;
  if (origin === 'null') return 'name real origins: any sandboxed page can send `null`';
  const [, scheme, host = '', port, rest] =
    /^([a-z][a-z0-9+.-]*):\/\/(\[[0-9a-f:.]+\]|[^/:?#]*)(?::(\d{1,5}))?(.*)$/.exec(origin) ?? [];
  if (scheme === undefined) return 'write a scheme and a host as in `https://app.example.com`';
  if (rest === '/') return `leave the slash at its end out: \`${origin.slice(0, -1)}\``;
  if (rest !== '') return 'write only scheme, host and port: an origin has nothing more';
  if ((scheme === 'https' && port === '443') || (scheme === 'http' && port === '80')) {
    return 'leave the default port out: browsers do';
  }
  if (host.includes('*') && !/^\*\.[^*]+\.[^*]+$/.test(host)) {
    return '`*` can only be the whole first label above a domain, as in `https://*.example.com`';
  }
  return hostFault(host) === undefined
    ? undefined
    : 'write the host in plain lower-case labels: an origin is compared as text, it is no expression';
}

/** `realm.roles` is a member of a member; a name with `://` in it is one name (OpenID Connect's way to name claims by URL). */
export function readClaimPath(text: string): readonly string[] | undefined {
  const path = text.includes('://') ? [text] : text.split('.');
  return path.includes('') ? undefined : path;
}
