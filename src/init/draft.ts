/**
 * A first configuration, from a few answers: text that `check` has nothing to
 * say against. Written by hand rather than dumped from values, so that it reads
 * like one that somebody wrote.
 */
export interface Answers {
  /** URL of the service. */
  readonly service: string;
  /** What `iss` says; empty: nobody has tokens. */
  readonly issuer: string;
  readonly audience: string;
  /** How many requests a caller may make. */
  readonly quota: string;
  readonly routes: readonly DraftRoute[];
  /** Lines about what could not be taken over. */
  readonly notes: readonly string[];
}

export interface DraftRoute {
  readonly path: string;
  /** Empty: any. */
  readonly methods: readonly string[];
  readonly kind: 'authentication' | 'operations' | 'public';
  /** Asks for a token; where no issuer is known nobody can have one, and it is open. */
  readonly guarded: boolean;
  /** From method to the scopes that it needs, all of them. */
  readonly scopes: ReadonlyMap<string, readonly string[]>;
}

const DAY_MS = 86_400_000;
/** How long somebody has to look at what was taken over as it stood. */
const LOOK_AGAIN_MS = 30 * DAY_MS;
const READING = new Set(['GET', 'HEAD', 'OPTIONS']);

/** `wallMs`: of today. */
export function draftOf(answers: Answers, wallMs: number): string {
  const { service, issuer, audience, routes, notes } = answers;
  const parts = notes.map((note) => `# ${note}\n`);
  if (issuer !== '') {
    const keys = `${issuer.replace(/\/$/, '')}/.well-known/jwks.json`;
    parts.push(
      `issuers:\n  main:\n    issuer: ${text(issuer)}\n    jwks_uri: ${text(keys)} # where your issuer has its keys\n    audience: ${text(audience)}\n\n`,
    );
  }
  parts.push(`upstreams:\n  app:\n    targets: [${text(service)}]\n\nroutes:\n`);
  for (const route of routes) parts.push(routeText(route, answers));
  const open = routes.filter((route) => isOpenToWrite(route, answers));
  if (open.length > 0) {
    const until = new Date(wallMs + LOOK_AGAIN_MS).toISOString().slice(0, 10);
    parts.push('\nwaive:\n');
    for (const { methods, path } of open) {
      parts.push(
        `  - rule: anonymous-writes\n    route: ${text(`${methods.join(',')} ${path}`)}\n    reason: Taken over as it was described; look whether it is meant to be open.\n    until: ${until}\n`,
      );
    }
  }
  return parts.join('');
}

function routeText({ path, methods, kind, guarded, scopes }: DraftRoute, { issuer, quota }: Answers): string {
  const lines = [`path: ${text(path)}`];
  if (methods.length > 0) lines.push(`methods: [${methods.join(', ')}]`);
  lines.push(`kind: ${kind}`, 'upstream: app');
  const asks = guarded && issuer !== '';
  if (!asks) lines.push('auth: none');
  else if (scopes.size === 0) lines.push('auth: { issuer: main }');
  else {
    const byMethod = [...scopes].map(([method, names]) => `${method}: [${names.map(text).join(', ')}]`);
    lines.push(`auth: { issuer: main, scopes: { ${byMethod.join(', ')} } }`);
  }
  if (kind === 'authentication') lines.push('rate_limit: { quota: 10/min, by: address }');
  else if (kind === 'public') lines.push(`rate_limit: { quota: ${quota}, by: ${asks ? 'user' : 'address'} }`);
  return `  - ${lines.join('\n    ')}\n`;
}

function isOpenToWrite({ kind, guarded, methods }: DraftRoute, { issuer }: Answers): boolean {
  return kind === 'public' && !(guarded && issuer !== '') && methods.some((method) => !READING.has(method));
}

/** A scalar that YAML reads as this text, whatever is in it: JSON's strings are YAML's. */
function text(value: string): string {
  return /^[A-Za-z/][\w./*:-]*$/.test(value) && !/: |:$/.test(value) ? value : JSON.stringify(value);
}
