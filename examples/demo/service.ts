/** An example service: answers every request with what it received, as JSON, so that one sees what the gateway made of it. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';

export function createService(name: string): Server {
  return createServer((request, response) => void answer(name, request, response));
}

async function answer(name: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
  let body = '';
  try {
    for await (const part of request.setEncoding('utf8')) body += part as string;
  } catch {
    // The gateway took the request back: nobody waits for an answer.
    return;
  }
  const { method, url: target, headers } = request;
  response.setHeader('Content-Type', 'application/json');
  response.end(`${JSON.stringify({ service: name, method, target, headers, body }, undefined, 2)}\n`);
}
