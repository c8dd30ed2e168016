/**
 * POSTs a form to an endpoint of an authorization server, as a client of it
 * (RFC 6749 §2.3.1), and reads the JSON object that it answers with. No error
 * quotes what was sent or answered: both hold secrets.
 */
import type { Agent } from 'node:http';
import type { Clock } from '../world.ts';
import { fetchAnswer } from './fetch-answer.ts';
import { readJsonObject } from './strict-json.ts';

/** Who the gateway is to that server. */
export interface ClientAuthentication {
  readonly endpoint: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly authMethod: 'client_secret_basic' | 'client_secret_post';
}

export type Field = readonly [name: string, value: string];

export interface FormAnswer {
  readonly members: Readonly<Record<string, unknown>>;
  /** As long as its text was. */
  readonly bytes: number;
}

/** Rejects, with a message for the operator, where there is no good answer. */
export type PostForm = (fields: readonly Field[]) => Promise<FormAnswer>;

/** RFC 6749 §5.2 and RFC 8707 §2: what a server may say is wrong, so nothing else of its answer gets into the log. */
const ERRORS = new Set<unknown>([
  'invalid_request',
  'invalid_client',
  'invalid_grant',
  'invalid_scope',
  'invalid_target',
  'unauthorized_client',
  'unsupported_grant_type',
]);

export function createFormPost(
  { endpoint, clientId, clientSecret, authMethod }: ClientAuthentication,
  { clock, agent }: { readonly clock: Clock; readonly agent?: Agent },
): PostForm {
  const inHeader = authMethod === 'client_secret_basic';
  const pair = `${formEncoded(clientId)}:${formEncoded(clientSecret)}`;
  const headers = {
    accept: 'application/json',
    'content-type': 'application/x-www-form-urlencoded',
    ...(inHeader && { authorization: `Basic ${Buffer.from(pair).toString('base64')}` }),
  };
  const credentials: readonly Field[] = inHeader
    ? []
    : [
        ['client_id', clientId],
        ['client_secret', clientSecret],
      ];

  return async (fields) => {
    const body = new URLSearchParams([...fields, ...credentials] as [string, string][]).toString();
    const question = { url: endpoint, headers, body, statuses: [200, 400, 401], ...(agent && { agent }) };
    const answer = await fetchAnswer(question, clock);
    const members = readJsonObject(answer.body);
    if (answer.status !== 200) throw new Error(`status ${answer.status}${errorOf(members)}`);
    if (members === undefined) throw new Error('the answer is not a JSON object');
    return { members, bytes: answer.body.length };
  };
}

function errorOf(members: Readonly<Record<string, unknown>> | undefined): string {
  return ERRORS.has(members?.error) ? `: ${String(members?.error)}` : '';
}

function formEncoded(text: string): string {
  return new URLSearchParams([['', text]]).toString().slice(1);
}
