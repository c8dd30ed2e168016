/**
 * Text to plain values, every one of which can still say where it stands. YAML
 * is read strictly: UTF-8, one document, no key twice, bounded in size, because
 * a reload must survive whatever a deployment wrote. Start and reload only.
 */
import { LineCounter, parseDocument, type YAMLParseError } from 'yaml';
import { createReport, type Places, type Report } from './faults.ts';
import { type Environment, placesOf, toPlain } from './values.ts';

/** Room for ten thousand routes. */
const MAX_BYTES = 4 * 1024 * 1024;
/** One slip makes the parser stumble again and again: what comes after these is only an echo. */
const MAX_SYNTAX_FAULTS = 20;
const TOO_DEEP = 'values stand too deep in one another; flatten them';
const EMPTY = 'the file is empty; write at least `upstreams` and `routes`';

export interface Reading {
  /** Plain objects, arrays and scalars; `undefined` where the text is beyond reading. */
  readonly value: unknown;
  readonly report: Report;
}

export function readSource(bytes: string | Uint8Array, file: string, env: Environment): Reading {
  if (bytes.length > MAX_BYTES) {
    return unreadable(file, `the file is over ${MAX_BYTES / 1024 ** 2} MiB; no configuration is that long`);
  }
  const text = typeof bytes === 'string' ? bytes : decode(bytes);
  if (text === undefined) return unreadable(file, 'the file is not UTF-8 text; save it as UTF-8');
  if (text.includes('\0')) return unreadable(file, 'the file is binary; name a YAML file');
  if (text.trim() === '') return unreadable(file, EMPTY);

  const lines = new LineCounter();
  try {
    // Keys written twice are found in `toPlain`: the parser's own search compares every two.
    const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: false });
    const report = createReport(file, placesOf(document, lines));
    for (const error of faultsToSay(document.errors)) {
      const { line, col } = lines.linePos(error.pos[0]);
      report.errorAt({ line: Math.max(1, line), column: Math.max(1, col) }, syntaxMessage(error, text));
    }
    const value = document.errors.length === 0 ? toPlain(document, report, env) : undefined;
    return value === null ? unreadable(file, EMPTY) : { value, report };
  } catch (error) {
    // The parser calls itself for every level: some thousand brackets exhaust the stack, and not everywhere does it catch that.
    if (error instanceof RangeError) return unreadable(file, TOO_DEEP);
    throw error;
  }
}

function faultsToSay(errors: readonly YAMLParseError[]): readonly YAMLParseError[] {
  const exhausted = errors.find(({ code }) => code === 'RESOURCE_EXHAUSTION');
  return exhausted === undefined ? errors.slice(0, MAX_SYNTAX_FAULTS) : [exhausted];
}

/** A file that cannot be read at all, and why. */
export function unreadable(file: string, message: string): Reading {
  const start: Places = { place: () => ({ line: 1, column: 1 }), written: () => '' };
  const report = createReport(file, start);
  report.error([], message);
  return { value: undefined, report };
}

function decode(bytes: Uint8Array): string | undefined {
  // A NUL is said first: UTF-16 and executables are both full of them.
  if (bytes.includes(0)) return '\0';
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

function syntaxMessage({ code, message, pos }: YAMLParseError, text: string): string {
  const from = text.slice(pos[0], pos[0] + 60);
  if (code === 'MULTIPLE_DOCS') return 'a second document begins here; keep one document a file';
  if (code === 'RESOURCE_EXHAUSTION') return TOO_DEEP;
  const before = text.slice(Math.max(0, pos[0] - 200), pos[0]);
  const line = before.slice(before.lastIndexOf('\n') + 1) + (from.split('\n', 1)[0] ?? '');
  return `this is not YAML: ${message.split('\n', 1)[0] ?? code}; ${syntaxHint(code, line)}`;
}

function syntaxHint(code: YAMLParseError['code'], line: string): string {
  if (/[[{,:]\s*[^"'\s]*\$\{/.test(line)) return 'inside { } and [ ] put quotes round what holds ${…}';
  if (code === 'BAD_ALIAS') return 'put quotes round what begins with `*`';
  if (code === 'BLOCK_AS_IMPLICIT_KEY') return 'put quotes round a value that holds `: `';
  return 'mend the indentation, quotes or brackets here';
}
