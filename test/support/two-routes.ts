/** Two routes that differ in nearly all there is to show of one. */
import { configOf, withRoutes } from './configuration.ts';

export const { config: twoRoutes } = configOf(
  withRoutes(`  - { path: /login, methods: [POST], kind: authentication, upstream: app, auth: none, cors: { origins: ["*"] } }
  - path: /api/*
    host: api.example.com
    name: api
    kind: public
    upstream: app
    auth: { issuer: main, scopes: { GET: [r], default: { all_of: [w], any_of: [a, b] } } }
    rate_limit: [calls, { by: "claim:org.id", plan_claim: p, plans: { free: 1/s, paid: 2/s }, default_plan: free, mode: observe }]
`),
);
