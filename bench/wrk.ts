/**
 * How much at most: wrk keeps each connection busy (closed loop). Its script
 * holds whole requests, so that a fresh token each costs it no more than one.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { outputOf } from './process.ts';
import { requestsOf, type Traffic } from './traffic.ts';

export interface Closed {
  readonly requests: number;
  readonly perSecond: number;
}

export interface ClosedOptions {
  readonly core: number;
  readonly port: number;
  readonly tls: boolean;
  readonly seconds: number;
  readonly connections: number;
  /** What every answer must be, 200 or a refusal. */
  readonly status: number;
  /** Where to begin among the requests, so that strangers stay strangers from run to run. */
  readonly offset: number;
  readonly script: string;
}

/** Lua strings cannot be read from a file of lines where requests hold line ends, so each is told its length. */
const LUA = `local requests, at = {}, 0
function init(args)
  local file = io.open(args[1], "rb")
  while true do
    local length = file:read("*n")
    if not length then break end
    file:read(1)
    requests[#requests + 1] = file:read(length)
  end
  file:close()
  at = tonumber(args[2]) % #requests
end
function request()
  at = at % #requests + 1
  return requests[at]
end
`;

/** Writes the requests for `port`; the answer is what `runWrk` wants as its `script`. */
export function writeScript(folder: string, traffic: Traffic, port: number): string {
  const script = join(folder, `requests-${port}.lua`);
  const requests = requestsOf(traffic, port);
  writeFileSync(`${script}.bin`, Buffer.concat(requests.flatMap((one) => [Buffer.from(`${one.length}\n`), one])));
  writeFileSync(script, LUA);
  return script;
}

/** Throws where an answer was not what it must be. */
export async function runWrk(options: ClosedOptions): Promise<Closed> {
  const { core, port, tls, seconds, connections, status, offset, script } = options;
  const url = `${tls ? 'https' : 'http'}://127.0.0.1:${port}/`;
  const flags = ['-t1', `-c${connections}`, `-d${seconds}s`, '-s', script];
  return readWrk(await outputOf(core, ['wrk', ...flags, url, '--', `${script}.bin`, String(offset)]), status);
}

/** wrk tells 2xx and 3xx from the others; which refusal it is, the probe has seen. */
export function readWrk(output: string, status: number): Closed {
  const number = (pattern: RegExp) => Number(pattern.exec(output)?.[1] ?? 0);
  const requests = number(/(\d+) requests in/);
  const refused = number(/Non-2xx or 3xx responses: (\d+)/);
  const [, connect, read, write, timeout] = /connect (\d+), read (\d+), write (\d+), timeout (\d+)/.exec(output) ?? [];
  const broken = [connect, read, write, timeout].reduce((sum, count) => sum + Number(count ?? 0), 0);
  const wrong = status === 200 ? refused : requests - refused;
  if (requests === 0 || wrong > 0 || broken > 0) {
    throw new Error(`${wrong} of ${requests} answers were not ${status}, ${broken} connections broke:\n${output}`);
  }
  return { requests, perSecond: number(/Requests\/sec:\s+([\d.]+)/) };
}
