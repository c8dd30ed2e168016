/** The configuration language as JSON Schema, for editors and for the reference. */
import * as z from 'zod';
import { fileSchema } from './schema.ts';

export function configSchema(): Readonly<Record<string, unknown>> {
  // What may be written, not what is made of it: what has a default need not be there.
  const { $schema, ...schema } = z.toJSONSchema(fileSchema, { io: 'input', target: 'draft-2020-12' });
  return { $schema, title: 'Gatehouse configuration', ...schema };
}
