/** Fields as the text that goes on the wire: made once, at plan time, from what the configuration has checked. */
export function fieldLines(fields: readonly (readonly [name: string, value: string])[]): string {
  return fields.map(([name, value]) => `${name}: ${value}\r\n`).join('');
}
