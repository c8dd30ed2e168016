/** Why a request was refused, as far as its access line says, and the configuration of now has its route still. */
import type { Config } from '../config/config.ts';
import { redactShown } from '../explain/redact.ts';
import { limitPlace, type Why } from './why.ts';

/** `undefined` where the line is none of ours. */
export function whyOfLine(line: string, config: Config | undefined): Why | 'not refused' | undefined {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return undefined;
  }
  const fields = value as Readonly<Record<string, unknown>>;
  const text = (name: string): string | null => {
    const field = fields[name];
    return typeof field === 'string' ? redactShown(field) : null;
  };
  const [id, time, method, path] = ['request_id', 'time', 'method', 'path'].map(text);
  if (typeof id !== 'string' || typeof time !== 'string' || typeof method !== 'string') return undefined;
  const code = text('refusal');
  if (code === null) return 'not refused';
  const [route, limit] = [text('route'), text('limit')];
  return {
    request_id: id,
    time,
    method,
    path: path?.split('?', 1)[0] ?? '',
    address: text('address') ?? '',
    route,
    // Lines of earlier versions do not say it.
    stage: text('stage'),
    status: typeof fields.status === 'number' ? fields.status : 0,
    code,
    reason: text('reason'),
    detail: null,
    place: config === undefined || route === null ? null : placeOf(config, route, limit),
    caller: { subject: text('subject'), client_id: text('client_id') },
    token: null,
    limit,
    counters: null,
    retry_after_s: null,
  };
}

function placeOf(config: Config, routeName: string, limit: string | null): string | null {
  const route = config.routes.find(({ name }) => name === routeName);
  if (route === undefined) return null;
  const { line, column } = (limit === null ? undefined : limitPlace(route, config, limit)) ?? route.place;
  return `${config.file}:${line}:${column}`;
}
