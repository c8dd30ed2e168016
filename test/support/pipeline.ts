/**
 * Many requests over few connections, each sent before the answers to those in
 * front of it have come. A connection that the gateway closes is opened anew and
 * what it left unanswered is sent again, so every request gets exactly one reply.
 */
import { connectRaw, type Reply } from './client.ts';

const AT_ONCE = 32;

/** `requests` as bytes, from `requestText`; the replies in the same order. None of them may be a HEAD. */
export async function askAll(port: number, requests: readonly string[], connections = 4): Promise<Reply[]> {
  const share = Math.ceil(requests.length / connections);
  const parts = Array.from({ length: connections }, (_, at) => requests.slice(at * share, (at + 1) * share));
  return (await Promise.all(parts.map((part) => askInTurn(port, part)))).flat();
}

async function askInTurn(port: number, requests: readonly string[]): Promise<Reply[]> {
  const replies: Reply[] = [];
  let connection = await connectRaw(port);
  while (replies.length < requests.length) {
    const batch = requests.slice(replies.length, replies.length + AT_ONCE);
    connection.send(batch.join(''));
    for (let left = batch.length; left > 0; left--) {
      const reply = await connection.reply();
      replies.push(reply);
      if (reply.headers.get('connection') !== 'close') continue;
      connection.close();
      connection = await connectRaw(port);
      break;
    }
  }
  connection.close();
  return replies;
}
