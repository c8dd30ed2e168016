/** `gatehouse schema`: the JSON Schema that editors complete and check configurations with. */
import { parseArgs } from 'node:util';
import { configSchema } from '../config/json-schema.ts';
import type { Command } from './terminal.ts';

export const schema: Command = {
  usage: 'schema  print the JSON Schema of the configuration, for editors',
  run(args, terminal) {
    parseArgs({ args: [...args], options: {} });
    terminal.out(`${JSON.stringify(configSchema(), undefined, 2)}\n`);
    return 0;
  },
};
