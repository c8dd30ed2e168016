/** What the embedded authorization server rests on. */
import type { Rule } from './rule.ts';

const SERVER = `
scopes: { 'orders:read': Read orders }
routes:
  - { path: /orders, kind: internal, upstream: app, auth: { issuer: self, scopes: ['orders:read'] } }
oauth2:
  issuer: https://gateway.internal
  audience: internal`;

export const perishableStore: Rule = {
  id: 'perishable-store',
  severity: 'warning',
  title: 'Revocations do not survive a restart',
  why: 'What stands in a folder for temporary files, or in memory, is gone after a restart of the machine or the container: clients that were revoked are back, and so are their tokens.',
  mend: 'Keep the store on a disk that lasts, or in PostgreSQL.',
  examples: {
    failing: `${SERVER}
  key_passphrase: \${PASSPHRASE}
  store: sqlite:/dev/shm/gatehouse.db # here`,
    passing: `${SERVER}
  key_passphrase: \${PASSPHRASE}
  store: sqlite:/var/lib/gatehouse/gatehouse.db`,
  },
  check: ({ config: { oauth2 } }) =>
    oauth2 === undefined || !/^sqlite:(?:\/dev\/shm|\/run|\/var\/run)\//.test(oauth2.store)
      ? []
      : [
          {
            path: ['oauth2', 'store'],
            message: 'the store is in memory: after a restart of the machine nobody is revoked any more',
            mend: 'write a path on a disk that lasts, or `postgres://…`',
          },
        ],
};

export const plainSigningKeys: Rule = {
  id: 'plain-signing-keys',
  severity: 'warning',
  title: 'Signing keys are stored as they are',
  why: 'Whoever reads the store, from a backup for one, signs tokens for every client and every scope, and nothing in the trail shows it.',
  mend: 'Write `key_passphrase: ${NAME}` and keep the passphrase somewhere else than the store.',
  examples: {
    failing: `
oauth2: # here
  issuer: https://gateway.internal
  audience: internal
  store: sqlite:/var/lib/gatehouse/gatehouse.db
scopes: { 'orders:read': Read orders }
routes:
  - { path: /orders, kind: internal, upstream: app, auth: { issuer: self, scopes: ['orders:read'] } }`,
    passing: `${SERVER}
  key_passphrase: \${PASSPHRASE}
  store: sqlite:/var/lib/gatehouse/gatehouse.db`,
  },
  check: ({ config: { oauth2 } }) =>
    oauth2 === undefined || oauth2.keyPassphrase !== undefined
      ? []
      : [
          {
            path: ['oauth2'],
            message: 'the signing keys are stored as they are: whoever reads the store or a backup of it signs tokens',
            mend: 'write `key_passphrase: ${NAME}`',
          },
        ],
};
