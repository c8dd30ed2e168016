/**
 * The second lifetime: a checked `Config` becomes a `Plan`, in which everything
 * that can be worked out before a request comes has been. This file alone knows
 * every stage; a request sees functions over what is made here, and nothing is
 * looked up by name any more.
 */
import type { Authenticator } from './auth/authenticate.ts';
import type { FetchKeys, KeySet } from './auth/keyset.ts';
import { createCertificateCheck, type CheckCertificate } from './auth/client-certificate.ts';
import { createAuthorizer, createScopeList, type Authorize } from './auth/scopes.ts';
import type { TokenCache } from './auth/token-cache.ts';
import { type AuthenticatorsParts, createAuthenticators, realmOf } from './authenticators.ts';
import type {
  Config,
  InjectedClaim,
  PluginConfig,
  RateLimitConfig,
  RouteConfig,
  UpstreamConfig,
} from './config/config.ts';
import { identityOf } from './config/identity.ts';
import { createKeep, type Lease } from './running/keep.ts';
import { createReplyGuard } from './reply-fields.ts';
import { createLimiter, type Limiter, type LimiterCounters } from './limit/limiter.ts';
import { createAddressBlocks } from './limit/address.ts';
import { createSlidingWindow } from './limit/sliding-window.ts';
import { routeText, type RouteText } from './log/access-log.ts';
import { createDateLine } from './log/time.ts';
import type { Metrics } from './log/metrics.ts';
import { createRequestMetrics, type RequestMetrics } from './log/request-metrics.ts';
import type { OwnIssuer } from './issuer/own-issuer.ts';
import { createOrigins } from './origin.ts';
import type { Origin, Passage, Peer } from './passage.ts';
import { fieldLines } from './plugin/field-lines.ts';
import { createHeaderGuard } from './plugin/guarded-names.ts';
import { composePlugins, type PluginHooks, type RoutePlugins } from './plugin/hooks.ts';
import { createIpAllow } from './plugin/ip-allow.ts';
import { createMockResponse } from './plugin/mock-response.ts';
import { createClaimInjector, type ClaimInjector } from './plugin/inject-claims.ts';
import type { LocalRoute } from './local.ts';
import { createPressure, PRIORITIES, type Pressure, type Priority } from './running/pressure.ts';
import type { Request } from './request.ts';
import { createCors, type Cors } from './route/cors.ts';
import { createRewriter } from './route/rewrite.ts';
import { createRouteTable, type RouteTable } from './route/table.ts';
import { createUpstreamHead, type WriteUpstreamHead } from './upstream/upstream-head.ts';
import { createUpstreamPlan, type UpstreamPlan } from './upstream/upstream-plan.ts';
import type { Serve } from './wire/serve.ts';
import { ALLOW } from './wire/request-head.ts';
import type { World } from './world.ts';

export interface RoutePlan {
  readonly name: string;
  /** Absent where the gateway answers itself. */
  readonly config: RouteConfig | undefined;
  readonly logText: RouteText;
  readonly metrics: RequestMetrics;
  readonly cors: Cors | undefined;
  /** Taken before authentication. */
  readonly addressLimits: readonly Limiter[];
  /** Taken when it is known who calls. */
  readonly callerLimits: readonly Limiter[];
  /** Absent where the route says `auth: none`. */
  readonly authenticator: Authenticator | undefined;
  /** Absent where no client certificate is needed. */
  readonly checkCertificate: CheckCertificate | undefined;
  readonly authorize: Authorize | undefined;
  /** The scopes that a request with this method is asked for. */
  readonly scopesFor: (method: string) => readonly string[];
  /** What comes between admission and forwarding. */
  readonly plugins: RoutePlugins;
  /** The identity a service sees, as field lines. */
  readonly inject: (passage: Passage) => string;
  readonly writeHead: WriteUpstreamHead;
  readonly dropFromReply: (lowerName: string) => boolean;
  /** Field lines that every reply of the service gets. */
  readonly replyText: string;
  /** Absent where the gateway answers itself. */
  readonly upstream: UpstreamPlan | undefined;
  /** An endpoint of the gateway's own, in place of an upstream. */
  readonly local: LocalRoute | undefined;
  readonly maxBodyBytes: number;
  /** Infinite where bodies may have no end. */
  readonly totalMs: number;
  readonly streaming: boolean;
  /** Absent where nobody may open a WebSocket. */
  readonly tunnel: TunnelPlan | undefined;
  /** Which of its requests are refused first when there is too much to do. */
  readonly priority: Priority;
  /** The value of `Allow`. */
  readonly allow: string;
}

export interface TunnelPlan {
  readonly idleMs: number;
  readonly stallMs: number;
  /** How long after its token a WebSocket ends; absent where it outlives it. */
  readonly expirySkewMs: number | undefined;
}

export interface PlanParts extends World {
  readonly metrics: Metrics;
  /** The authorization server; absent without `oauth2`. */
  readonly ownIssuer?: OwnIssuer | undefined;
  /** Where keys come from; the issuers themselves where absent. */
  readonly fetchKeys?: FetchKeys | undefined;
  readonly postTo?: AuthenticatorsParts['postTo'];
  /** What the plan shares with others, and lets go of when whoever gave it ends it. Absent: with none. */
  readonly lease?: Lease;
  /** Which reading of the configuration this is, counted from 1. */
  readonly edition?: number;
  /** The next number of a claim injector; counted for the whole process where absent. */
  readonly numberInjector?: () => number;
}

export interface Plan extends PlanParts {
  readonly config: Config;
  readonly random: () => number;
  readonly edition: number;
  readonly routes: RouteTable<RoutePlan>;
  readonly routeList: readonly RoutePlan[];
  /** Charged with a failed authentication, and looked at before each one. None, or one. */
  readonly failedAuthentications: readonly Limiter[];
  /** By `jwks_uri`. */
  readonly keySets: ReadonlyMap<string, KeySet>;
  readonly tokenCaches: readonly TokenCache[];
  readonly limiters: readonly Limiter[];
  readonly upstreams: readonly UpstreamPlan[];
  /** Works out once what is the same for every request on a connection. */
  readonly openPeer: Serve<Peer>['opened'];
  /** The same connection, seen by this plan. */
  readonly seePeer: (peer: Peer) => Peer;
  readonly originOf: (request: Request, peer: Peer) => Origin;
  /** The `Date` field of a reply that begins now, as a line. */
  readonly dateLine: () => string;
  readonly pressure: Pressure;
  /** Absent without `oauth2`. */
  readonly ownIssuer: OwnIssuer | undefined;
  /** Begins to fetch the keys that no plan before it has fetched. */
  start(): void;
  /** Closes what no other plan shares. */
  close(): void;
}

/** Claim injectors made so far: principals keep the text by their number, and outlive a plan. */
let injectorsMade = 0;

export function createPlan(config: Config, world: PlanParts): Plan {
  const { clock, metrics, ownIssuer, lease = createKeep().lease(), edition = 1, random = Math.random } = world;
  const { numberInjector = () => injectorsMade++ } = world;
  const upstreams = onceFor((upstream: UpstreamConfig) =>
    lease.take(
      `upstream ${identityOf(upstream)}`,
      () => createUpstreamPlan(upstream, { ...world, random }),
      (made) => made.close(),
    ),
  );
  // A quota may change and what is used of it stays; counted otherwise, it is another limit.
  const limiters = onceFor((limit: RateLimitConfig) => {
    const { name, by, subWindows } = limit;
    const { maxCallers } = config;
    return createLimiter(limit, {
      counters: lease.take(`decisions ${name}`, (): LimiterCounters => ({ allowed: 0, refused: 0, wouldRefuse: 0 })),
      windowOf: (windowMs) =>
        lease.take(`window ${identityOf([name, by, windowMs, subWindows, maxCallers])}`, () =>
          createSlidingWindow({ windowMs, subWindows, maxCallers }),
        ),
    });
  });
  const authenticators = createAuthenticators(config, { ...world, lease, random });

  // A name that carries identity on one route must not be a client's to set on any other.
  const identityHeaders = [
    ...new Set(
      config.routes.flatMap(({ plugins }) =>
        [...plugins.injectClaims, ...plugins.injectFromCertificate].map(({ header }) => header.toLowerCase()),
      ),
    ),
  ];

  /** Routes that inject the same share what was rendered of a principal. */
  function injectorOf(claims: readonly InjectedClaim[]): ClaimInjector {
    return lease.take(`claims ${identityOf(claims)}`, () => createClaimInjector(numberInjector(), claims));
  }

  function injectOf({ injectClaims, injectFromCertificate }: PluginConfig): RoutePlan['inject'] {
    const token = injectorOf(injectClaims);
    const fromToken = ({ principal }: Passage) => (principal === undefined ? '' : token.render(principal));
    if (injectFromCertificate.length === 0) return fromToken;
    const certificate = injectorOf(injectFromCertificate);
    return (passage) => {
      const shown = passage.peer.certificate;
      return shown === undefined ? fromToken(passage) : fromToken(passage) + certificate.render(shown);
    };
  }

  function tunnelPlanOf({ webSocket, auth }: RouteConfig): TunnelPlan | undefined {
    if (webSocket === undefined) return undefined;
    const { idleMs, closeOnExpiry } = webSocket;
    return {
      idleMs,
      stallMs: config.timeouts.bodyMs,
      expirySkewMs:
        closeOnExpiry && auth !== undefined ? Math.max(...auth.issuers.map((one) => one.clockSkewMs)) : undefined,
    };
  }

  function routePlanOf(route: RouteConfig): RoutePlan {
    const { auth, plugins } = route;
    const { request, reply } = plugins.setHeaders;
    const limits = route.rateLimits.map(limiters.of);
    const upstream = upstreams.of(route.upstream);
    // A caller's token goes no further where the gateway calls by its own.
    const ownAuthorization = upstream.clientToken !== undefined;
    const stripsToken = plugins.stripAuthHeader || ownAuthorization;
    return {
      name: route.name,
      config: route,
      logText: routeText(route.name, upstream.name),
      metrics: createRequestMetrics(metrics, route.name, upstream.name),
      cors: route.cors === undefined ? undefined : createCors(route.cors),
      addressLimits: limits.filter(({ stage }) => stage === 'address'),
      callerLimits: limits.filter(({ stage }) => stage === 'caller'),
      authenticator: auth === undefined ? undefined : authenticators.of(auth),
      checkCertificate:
        route.clientCertificate === undefined ? undefined : createCertificateCheck(route.clientCertificate),
      authorize: auth === undefined ? undefined : createAuthorizer(auth, realmOf(auth)),
      scopesFor: auth === undefined ? () => [] : createScopeList(auth),
      plugins: composePlugins(hooksOf(plugins)),
      inject: injectOf(plugins),
      writeHead: createUpstreamHead({
        identityHeaders,
        ownAuthorization,
        stripToken: stripsToken ? (auth?.source ?? { in: 'header', name: 'authorization' }) : undefined,
        rewritePath: createRewriter({ ...route, basePath: route.upstream.targets[0]!.basePath }),
        edits: { drop: request.drop, text: fieldLines(request.lines) },
        createGuard: createHeaderGuard,
      }),
      dropFromReply: createReplyGuard({
        hasCors: route.cors !== undefined,
        isLimited: limits.some(({ observes }) => !observes),
        dropped: reply.drop,
      }),
      replyText: fieldLines(reply.lines),
      upstream,
      local: undefined,
      maxBodyBytes: route.maxBodyBytes,
      totalMs: route.streaming ? Number.POSITIVE_INFINITY : route.totalMs,
      streaming: route.streaming,
      tunnel: tunnelPlanOf(route),
      priority: route.kind === 'operations' ? 3 : (PRIORITIES.indexOf(route.priority) as Priority),
      allow: route.methods.length === 0 ? ALLOW : route.methods.join(', '),
    };
  }

  const localLimits = config.oauth2 === undefined ? [] : [limiters.of(config.oauth2.limit)];
  function localRoutePlanOf(local: LocalRoute): RoutePlan {
    const { name, methods, maxBodyBytes } = local;
    return {
      name,
      config: undefined,
      logText: routeText(name, undefined),
      metrics: createRequestMetrics(metrics, name, undefined),
      cors: undefined,
      addressLimits: localLimits,
      callerLimits: [],
      authenticator: undefined,
      checkCertificate: undefined,
      authorize: undefined,
      scopesFor: () => [],
      plugins: composePlugins([]),
      inject: () => '',
      writeHead: () => '',
      dropFromReply: () => false,
      replyText: '',
      upstream: undefined,
      local,
      maxBodyBytes,
      totalMs: config.timeouts.totalMs,
      streaming: false,
      tunnel: undefined,
      // Without new tokens nobody can call anything.
      priority: 2,
      allow: methods.join(', '),
    };
  }

  const localRoutes = ownIssuer?.routes ?? [];
  const routeList = config.routes.map(routePlanOf);
  const localRouteList = localRoutes.map(localRoutePlanOf);
  const routes = createRouteTable([
    ...config.routes.map(({ hosts, methods, path }, at) => ({ hosts, methods, path, value: routeList[at]! })),
    ...localRoutes.map(({ methods, path }, at) => ({ hosts: [], methods, path, value: localRouteList[at]! })),
  ]);
  const failedAuthentications =
    config.failedAuthentications === undefined ? [] : [limiters.of(config.failedAuthentications)];
  const pressure = lease.take(
    `pressure ${identityOf(config.overload)}`,
    () => createPressure(config.overload, world),
    (made) => made.close(),
  );

  return {
    ...world,
    config,
    edition,
    lease,
    random,
    routes,
    routeList,
    failedAuthentications,
    keySets: authenticators.keySets,
    tokenCaches: authenticators.tokenCaches,
    limiters: limiters.all(),
    upstreams: upstreams.all(),
    ...createOrigins(config),
    dateLine: createDateLine(clock),
    pressure,
    ownIssuer,
    start() {
      authenticators.start();
      for (const upstream of upstreams.all()) upstream.start();
    },
    close: () => lease.end(),
  };
}

/** In a fixed order, whatever the file's: who may not call gets no answer from any other. */
function hooksOf({ ipAllow, mockResponse }: PluginConfig): readonly PluginHooks[] {
  return [
    ...(ipAllow === undefined ? [] : [createIpAllow(createAddressBlocks(ipAllow).has)]),
    ...(mockResponse === undefined ? [] : [createMockResponse(mockResponse)]),
  ];
}

/** Makes one thing for each configuration object: what routes share by name, they share at run time. */
function onceFor<C extends object, T>(make: (config: C) => T): { of: (config: C) => T; all: () => T[] } {
  const made = new Map<C, T>();
  return {
    of(config) {
      let thing = made.get(config);
      if (thing === undefined) made.set(config, (thing = make(config)));
      return thing;
    },
    all: () => [...made.values()],
  };
}
