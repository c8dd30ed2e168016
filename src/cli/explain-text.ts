/** An explanation for eyes: the stages first, then what is seen on either side, then what to do. */
import type { Explanation } from '../explain/explain.ts';
import { columns } from './print.ts';

const VERDICTS: Readonly<Record<Explanation['stages'][number]['verdict'], string>> = {
  passes: 'passes',
  refuses: 'REFUSES',
  answers: 'answers',
  nothing: '-',
  'not reached': 'not reached',
};

export function explanationText(explanation: Explanation): string {
  const { request, stages, refusal, change, to_service, to_caller, quotas, signature } = explanation;
  const rows = stages.map(({ stage, verdict, detail, place }) => [
    stage,
    VERDICTS[verdict],
    withoutColumn(place) ?? '',
    detail,
  ]);
  const parts = [
    `${request.method} ${request.url}\nfrom ${request.address} at ${request.at}\n`,
    columns(['STAGE', 'DECISION', 'BY', 'WHAT'], rows),
  ];
  if (refusal !== null) {
    const { status, code, reason } = refusal;
    parts.push(`Refused by ${refusal.stage}: ${status} ${code}${reason === null ? '' : ` (${reason})`}\n`);
  } else parts.push(to_service === null ? 'Answered by the gateway itself.\n' : 'Admitted.\n');
  if (refusal !== null) parts.push(changeText(change));
  if (signature === 'not checked')
    parts.push('The signature of the token was NOT looked at: give its keys with --jwks FILE to have it checked.\n');
  if (to_service !== null) {
    parts.push(`The service would see:\n  ${to_service.request}\n${indented(to_service.headers.map(lineOf))}`);
    if (to_service.dropped.length > 0)
      parts.push(`Of the caller's own, dropped or replaced: ${to_service.dropped.join(', ')}\n`);
  }
  parts.push(`The caller would see${refusal === null && to_service !== null ? ' also' : ''}:\n${indented(to_caller)}`);
  if (quotas.length > 0) {
    const left = quotas.map((one) => [
      one.limit,
      `${one.left} of ${one.quota}`,
      `${one.window_s} s`,
      one.left === one.quota ? '-' : `${one.reset_s} s`,
    ]);
    parts.push(columns(['LIMIT', 'LEFT', 'WINDOW', 'MORE IN'], left));
  }
  return parts.join('\n');
}

function changeText(change: Explanation['change']): string {
  if (change === null) return 'No small change of the request is known that would turn this.\n';
  const [first, ...more] = change.changes.map(({ text }) => text);
  const all = [`The smallest change: ${first}.`, ...more.map((text) => `And: ${text}.`)];
  return `${[...all, ...change.instead.map((text) => `Or, in the configuration: ${text}.`)].join('\n')}\n`;
}

/** `file:line` is what editors and eyes want here. */
function withoutColumn(place: string | null): string | undefined {
  return place?.replace(/:\d+$/, '');
}

function lineOf([name, value]: readonly [string, string]): string {
  return `${name}: ${value}`;
}

function indented(lines: readonly string[]): string {
  return lines.map((line) => `  ${line}\n`).join('');
}
