/** How many connections the gateway has closed for a fault, as its metrics say. */
export async function cutFor(adminPort: number, reason: string): Promise<number> {
  const text = await fetch(`http://127.0.0.1:${adminPort}/metrics`).then((reply) => reply.text());
  return Number(new RegExp(`^gatehouse_connections_cut_total\\{reason="${reason}"\\} (\\d+)$`, 'm').exec(text)?.[1]);
}
