/** The head that the service would get, and what of the caller's own is not in it. */
import type { RequestHead } from '../wire/request-head.ts';
import { redactField, type Redaction, redactTarget } from './redact.ts';

export interface SentOn {
  /** Method, path and query. */
  readonly request: string;
  /** In order, as they are written. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** Names of the caller's fields that do not get through, or not with the value they came with. */
  readonly dropped: readonly string[];
}

/** Written anew for every hop: that they are gone says nothing. */
const FRAMING = new Set(['content-length', 'transfer-encoding', 'connection', 'keep-alive', 'expect']);

export function sentOn(headText: string, head: RequestHead, redaction: Redaction): SentOn {
  const [line = '', ...fields] = headText.split('\r\n').filter((one) => one !== '');
  const sent = fields.map((field) => {
    const colon = field.indexOf(':');
    return [field.slice(0, colon), field.slice(colon + 1).trim()] as const;
  });
  const arrived = new Set(sent.map(([name, value]) => `${name.toLowerCase()}: ${value}`));
  const dropped = head.names.filter((name, at) => !FRAMING.has(name) && !arrived.has(`${name}: ${head.values[at]}`));
  return {
    request: redactTarget(line.replace(/ HTTP\/1\.1$/, ''), redaction),
    headers: sent.map(([name, value]) => [name, redactField(name, value, redaction)]),
    dropped: [...new Set(dropped)],
  };
}
