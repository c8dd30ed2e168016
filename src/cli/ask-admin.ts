/** Asks a running gateway, by its admin port, why it refused. */
import type { Why } from '../why/why.ts';

const PATIENCE_MS = 10_000;

/** A string says why there is no answer. The token goes nowhere but to `url`. */
export async function askAdmin(
  url: string,
  { id, token }: { readonly id: string; readonly token: string },
): Promise<Why | string> {
  let reply: Response;
  try {
    reply = await fetch(`${url}/why/${id}`, {
      headers: { Authorization: `Bearer ${token}` },
      redirect: 'error',
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
    if (reply.status === 200) return (await reply.json()) as Why;
    await reply.body?.cancel();
  } catch (error) {
    const { cause, message } = error as Error & { readonly cause?: { readonly code?: string } };
    return `${url} does not answer (${cause?.code ?? message}); is this the admin port of a running gateway?`;
  }
  if (reply.status === 401) return `${url} does not take this admin token`;
  if (reply.status !== 404) return `${url} answered ${reply.status}`;
  // Where there is no `admin.token` there is no such page.
  return reply.headers.get('content-type') === 'application/problem+json'
    ? `${id} is not among the latest refusals of ${url}; look for it in the access log with --log`
    : `${url} has no such page: its configuration has no \`admin.token\``;
}
