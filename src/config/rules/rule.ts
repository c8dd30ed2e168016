/**
 * What a rule of the audit is. Rules look at a configuration that is otherwise
 * without fault, at start and at reload; each walks the routes once at most, so
 * that ten thousand of them load while somebody waits.
 */
import type { Config, RouteConfig } from '../config.ts';
import type { Fault, Path } from '../faults.ts';
import type { RouteValue } from '../schema-route.ts';
import type { FileValue } from '../schema.ts';

export interface Rule {
  /** Never changed once released: waivers name it. */
  readonly id: string;
  /** By harm: what is a mistake is an error, what is merely unwise a warning. */
  readonly severity: Fault['severity'];
  /** What is found, in a few words. */
  readonly title: string;
  /** What happens in production because of it. */
  readonly why: string;
  /** How it is decided, where that is no matter of course: for the page. */
  readonly note?: string;
  /** The change that mends it. */
  readonly mend: string;
  readonly examples: Examples;
  check(audited: Audited): readonly Finding[];
}

/** Fragments of a configuration; `complete` puts the keys that are missing around them. */
interface Examples {
  /** The line where the finding stands ends in ` # here`. */
  readonly failing: string;
  readonly passing: string;
}

export interface Finding {
  /** Of the key at fault, or of what should have it. */
  readonly path: Path;
  /** What is wrong here, with the names and values of the file. */
  readonly message: string;
  /** What to write here, as the end of a sentence. */
  readonly mend: string;
  readonly route?: RouteConfig;
  /** Where this one is less than the rule says. */
  readonly severity?: 'warning';
}

export interface Audited {
  readonly config: Config;
  /** As it is written, with the defaults of the schema. */
  readonly value: FileValue;
  readonly routes: readonly AuditedRoute[];
  /** Milliseconds since 1970. */
  readonly wallMs: number;
}

export interface AuditedRoute {
  readonly route: RouteConfig;
  readonly value: RouteValue;
  readonly path: Path;
}
