/**
 * What is asked of the rivals. A row says what differs from the plain case: one
 * authenticated GET with a token seen before, small reply, kept connections.
 */
import type { RivalKey } from './rivals.ts';

export type Algorithm = 'RS256' | 'ES256' | 'EdDSA';

/**
 * `known`: one good token, again and again. `fresh…`: 25,000, none of which is remembered when it comes round. The
 * others: 2,000, round and round.
 */
export type Tokens = 'known' | 'fresh' | 'fresh-forged' | 'forged' | 'expired' | 'unsigned';

export interface Workload {
  readonly key: string;
  readonly title: string;
  readonly method: 'GET' | 'POST';
  /** Asked in turn. */
  readonly paths: readonly string[];
  readonly bodyBytes: number;
  readonly tls: boolean;
  readonly newConnections: boolean;
  readonly algorithm: Algorithm;
  readonly tokens: Tokens;
  readonly status: 200 | 401 | 429;
  readonly rivals: readonly RivalKey[];
  readonly quick: boolean;
}

const MANY_ROUTES = 10_000;

const ALL: readonly RivalKey[] = ['nginx', 'haproxy', 'fastify', 'gatehouse', 'gatehouse-open'];
/** Where Gatehouse without policy tells nothing that the small GET has not. */
const FOUR: readonly RivalKey[] = ['nginx', 'haproxy', 'fastify', 'gatehouse'];
/** Those that check anything. */
const GUARDS: readonly RivalKey[] = ['haproxy', 'fastify', 'gatehouse'];

const PLAIN: Omit<Workload, 'key' | 'title'> = {
  method: 'GET',
  paths: ['/api/v1/orders'],
  bodyBytes: 0,
  tls: false,
  newConnections: false,
  algorithm: 'RS256',
  tokens: 'known',
  status: 200,
  rivals: ALL,
  quick: false,
};

type Difference = Partial<Workload> & Pick<Workload, 'key' | 'title'>;

const DIFFERENCES: readonly Difference[] = [
  { key: 'small', title: 'small GET', quick: true },
  { key: '16k', title: '16 KiB reply', paths: ['/api/v1/16k.json'], rivals: FOUR },
  { key: '1m', title: '1 MiB reply', paths: ['/api/v1/1m.json'], quick: true },
  { key: 'post', title: '64 KiB POST', method: 'POST', paths: ['/api/v1/upload'], bodyBytes: 65_536, rivals: FOUR },
  { key: 'connect', title: 'new connection each', newConnections: true, rivals: FOUR, quick: true },
  { key: 'tls', title: 'TLS, kept connections', tls: true },
  {
    key: 'tls-connect',
    title: 'TLS, new connection each, session resumed',
    tls: true,
    newConnections: true,
    rivals: FOUR,
  },
  { key: 'fresh-rs256', title: 'fresh RS256 token each', tokens: 'fresh', rivals: GUARDS, quick: true },
  { key: 'fresh-es256', title: 'fresh ES256 token each', tokens: 'fresh', algorithm: 'ES256', rivals: GUARDS },
  { key: 'fresh-eddsa', title: 'fresh EdDSA token each', tokens: 'fresh', algorithm: 'EdDSA', rivals: GUARDS },
  { key: '401-forged', title: '401: forged signature', tokens: 'forged', status: 401, rivals: GUARDS, quick: true },
  { key: '401-fresh', title: '401: forged, another each time', tokens: 'fresh-forged', status: 401, rivals: GUARDS },
  { key: '401-expired', title: '401: expired token', tokens: 'expired', status: 401, rivals: GUARDS, quick: true },
  { key: '401-unsigned', title: '401: alg none', tokens: 'unsigned', status: 401, rivals: GUARDS, quick: true },
  { key: '429', title: '429: over the limit', status: 429, rivals: GUARDS, quick: true },
  {
    key: 'routes',
    title: '10,000 routes, each in turn',
    rivals: FOUR,
    paths: Array.from({ length: MANY_ROUTES }, (_, at) => `/service-${at}/v1/things/7`),
  },
];

export const WORKLOADS: readonly Workload[] = DIFFERENCES.map((difference) => ({ ...PLAIN, ...difference }));
