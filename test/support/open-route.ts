/** Configuration text with one route that lets everything through: for tests of the wire, where policy would only be in the way. */
export function openRoute(upstreamUrl: string, more = ''): string {
  return `
upstreams: { service: { targets: ["${upstreamUrl}"] } }
routes:
  - { path: /*, kind: operations, upstream: service, auth: none, rate_limit: none }
${more}`;
}
