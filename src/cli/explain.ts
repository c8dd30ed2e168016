/** `gatehouse explain`: what would become of a request, stage by stage. Nothing is sent, and nothing is counted. */
import { parseArgs } from 'node:util';
import { formatFault } from '../config/faults.ts';
import { whyNotBefore } from '../explain/before.ts';
import { explain } from '../explain/explain.ts';
import { createOfflinePlan } from '../explain/offline-plan.ts';
import { ASK_OPTIONS, readAsk, readKeys } from './ask-options.ts';
import { explanationText } from './explain-text.ts';
import { loadFile } from './load.ts';
import { printJson } from './print.ts';
import { type Command, UsageError } from './terminal.ts';

export const explainCommand: Command = {
  usage: 'explain [FILE] METHOD URL  what each stage makes of a request, and what would turn a refusal',
  async run(args, terminal) {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { ...ASK_OPTIONS, jwks: { type: 'string' }, json: { type: 'boolean', default: false } },
    });
    const words = values.curl === undefined ? 2 : 0;
    const [file, rest] = positionals.length > words ? [positionals[0], positionals.slice(1)] : [undefined, positionals];
    const ask = readAsk(rest, values, terminal);
    const keys = values.jwks === undefined ? undefined : await readKeys(values.jwks, terminal);
    const loaded = loadFile(file, terminal);
    if (loaded.config === undefined) {
      for (const fault of loaded.faults) terminal.err(`${formatFault(fault)}\n`);
      return 1;
    }
    const { config } = loaded;
    const offline = createOfflinePlan(config, { wallMs: ask.atMs });
    const whyNot = whyNotBefore(offline.plan, ask.before);
    offline.close();
    if (whyNot !== undefined) throw new UsageError(`--state: ${whyNot}`);
    const explanation = await explain(config, ask, keys);
    if (values.json) printJson(terminal, explanation);
    else terminal.out(explanationText(explanation));
    return explanation.admitted ? 0 : 1;
  },
};
