/**
 * What a piece of configuration is, as text: equal where two readings say the
 * same, wherever it stands in the file and in whatever order its names are
 * written. What is looked at again on disk while the gateway runs, certificates
 * and authorities, is known by its files. Holds secrets where the piece does, so
 * it is compared and never printed. Start and reload only.
 */
export function identityOf(value: unknown): string {
  return JSON.stringify(canonical(value));
}

function canonical(value: unknown): unknown {
  // JSON has one word, null, for what is not finite.
  if (typeof value === 'number') return Number.isFinite(value) ? value : { number: String(value) };
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(canonical);
  const entries = membersOf(value)
    .filter(([, member]) => member !== undefined)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, member]) => [name, canonical(member)]);
  return value instanceof Map ? { map: entries } : Object.fromEntries(entries);
}

function membersOf(value: object): [string, unknown][] {
  if (value instanceof Map) return [...value] as [string, unknown][];
  const members = Object.entries(value);
  if ('certFile' in value) return members.filter(([name]) => name === 'certFile' || name === 'keyFile');
  const isRead = 'pem' in value && 'file' in value;
  return members.filter(([name]) => name !== 'place' && !(isRead && name === 'pem'));
}
