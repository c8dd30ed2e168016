const PATIENCE_MS = 10_000;

/** What `look` finds, asked again and again until it is something: for what another process or thread brings about. */
export async function eventually<T>(look: () => Promise<T | undefined>): Promise<T> {
  const giveUpAt = performance.now() + PATIENCE_MS;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (performance.now() > giveUpAt) throw new Error(`waited ${PATIENCE_MS} ms for ${String(look)}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
