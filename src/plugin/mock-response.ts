/** Answers by itself, the same every time: the reply is made once, at plan time. */
import { fieldLines } from './field-lines.ts';
import type { PluginHooks } from './hooks.ts';

export interface MockResponse {
  readonly status: number;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: string;
}

export function createMockResponse({ status, headers, body }: MockResponse): PluginHooks {
  const reply = { status, reason: '', fields: fieldLines(headers), body };
  return { name: 'mock-response', onRequest: () => reply };
}
