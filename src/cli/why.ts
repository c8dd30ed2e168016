/** `gatehouse why`: why a request was refused, from the gateway that refused it or from its access lines. */
import { parseArgs } from 'node:util';
import { formatFault } from '../config/faults.ts';
import type { Why } from '../why/why.ts';
import { whyOfLine } from '../why/why-of-line.ts';
import { askAdmin } from './ask-admin.ts';
import { loadFile, oneFile } from './load.ts';
import { openLog } from './log-input.ts';
import { printJson } from './print.ts';
import { type Command, type ExitCode, type Terminal, UsageError } from './terminal.ts';
import { whyText } from './why-text.ts';

/** As they are made, and kept of trusted proxies. */
const ID = /^[A-Za-z0-9._-]{1,128}$/;
const TOKEN_VARIABLE = 'GATEHOUSE_ADMIN_TOKEN';

interface Options {
  readonly log?: string | undefined;
  readonly admin?: string | undefined;
  readonly token?: string | undefined;
}

export const whyCommand: Command = {
  usage: 'why ID [FILE] [--log LOG]  why the request with this id was refused',
  async run(args, terminal) {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        log: { type: 'string' },
        admin: { type: 'string' },
        token: { type: 'string' },
        json: { type: 'boolean', default: false },
      },
    });
    const [id, ...files] = positionals;
    if (id === undefined || !ID.test(id)) throw new UsageError('name the `request_id` of the refusal');
    const file = oneFile(files);
    const why =
      values.log === undefined
        ? await fromGateway(id, { ...values, file }, terminal)
        : await fromLog(id, { log: values.log, file }, terminal);
    if (typeof why === 'string') return failed(why, terminal);
    if (values.json) printJson(terminal, why);
    else terminal.out(whyText(why));
    return 0;
  },
};

/** The gateway of FILE, where no other is named. A string says why there is no answer. */
async function fromGateway(
  id: string,
  { admin, token, file }: Options & { readonly file: string | undefined },
  terminal: Terminal,
): Promise<Why | string> {
  const shown = token === '-' ? Buffer.from(terminal.readInput()).toString('utf8').trim() : token;
  const adminToken = shown ?? terminal.env[TOKEN_VARIABLE];
  if (adminToken === undefined || !/^[\x21-\x7e]+$/.test(adminToken))
    throw new UsageError(`show the admin token: in \`${TOKEN_VARIABLE}\`, or with \`--token -\` on standard input`);
  if (admin !== undefined) {
    if (!/^https?:\/\/[^/?#]+\/?$/.test(admin) || !URL.canParse(admin))
      throw new UsageError('--admin is a URL as in `http://127.0.0.1:9901`');
    return await askAdmin(admin.replace(/\/$/, ''), { id, token: adminToken });
  }
  const loaded = loadFile(file, terminal);
  if (loaded.config === undefined) return loaded.faults.map(formatFault).join('\n');
  const { host, port } = loaded.config.admin.listen;
  return await askAdmin(`http://${host.includes(':') ? `[${host}]` : host}:${port}`, { id, token: adminToken });
}

async function fromLog(
  id: string,
  { log, file }: { readonly log: string; readonly file: string | undefined },
  terminal: Terminal,
): Promise<Why | string> {
  const loaded = file === undefined ? undefined : loadFile(file, terminal);
  if (loaded !== undefined && loaded.config === undefined) return loaded.faults.map(formatFault).join('\n');
  // No line is read that has not this in it.
  const mark = `"request_id":"${id}"`;
  let found: Why | 'not refused' | undefined;
  try {
    await openLog(log).read(
      (line) => {
        if (line.includes(mark)) found = whyOfLine(line, loaded?.config) ?? found;
      },
      () => {},
    );
  } catch (error) {
    return `${log}: ${error instanceof Error ? error.message : String(error)}`;
  }
  if (found === undefined) return `no line of ${log} is of the request ${id}`;
  return found === 'not refused' ? `the gateway did not refuse ${id}: the answer was the service's own` : found;
}

function failed(message: string, terminal: Terminal): ExitCode {
  terminal.err(`${message}\n`);
  return 1;
}
