/** What is changed by the admin port, and how that is answered: the contract between the port and who makes the change. */
import type { HeaderLine } from './refusal.ts';

export interface ControlRequest {
  readonly method: string;
  /** Without its query. */
  readonly path: string;
  /** JSON, if anything. */
  readonly body: Buffer;
  /** Whose request it is: the address at the other end. */
  readonly address: string;
}

export interface ControlReply {
  readonly status: number;
  readonly fields: readonly HeaderLine[];
  readonly body: string;
}

export interface ControlRoute {
  /** It, and everything below it. */
  readonly path: string;
  /** A rejection is a bug and becomes one 500. */
  readonly answer: (request: ControlRequest) => Promise<ControlReply>;
}

const JSON_TYPE: HeaderLine = ['Content-Type', 'application/json'];
const PROBLEM_TYPE: HeaderLine = ['Content-Type', 'application/problem+json'];

export function jsonReply(status: number, value: unknown, fields: readonly HeaderLine[] = []): ControlReply {
  return { status, fields: [JSON_TYPE, ...fields], body: `${JSON.stringify(value)}\n` };
}

/** RFC 9457; the type is what the status says. */
export function problemReply(
  status: number,
  { title, detail }: { readonly title: string; readonly detail?: string | undefined },
  fields: readonly HeaderLine[] = [],
): ControlReply {
  const body = JSON.stringify({ type: 'about:blank', title, status, detail });
  return { status, fields: [PROBLEM_TYPE, ...fields], body: `${body}\n` };
}
