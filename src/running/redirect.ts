/**
 * The port for those who still say `http://`: every request is told to come
 * again over TLS, and goes no further. It costs a head and one short reply.
 */
import { createRequestId } from '../log/request-id.ts';
import { problemOf, refuse, refusalLines, type Refusal } from '../refusal.ts';
import type { Serve } from '../wire/serve.ts';
import type { Exchange } from '../wire/exchange.ts';

const NO_HOST = refuse('malformed_request', {
  detail: 'The request names no host and path that could be asked over TLS.',
});

export interface RedirectOptions {
  /** Where TLS is spoken. */
  readonly port: number;
  readonly dateLine: () => string;
}

export function createRedirect({ port, dateLine }: RedirectOptions): Serve<undefined> {
  const suffix = port === 443 ? '' : `:${port}`;

  function answerRefusal(exchange: Exchange<undefined>, refusal: Refusal): void {
    const requestId = createRequestId();
    exchange.answer(
      refusal.status,
      refusal.title,
      `${refusalLines(refusal)}${dateLine()}X-Request-ID: ${requestId}\r\n`,
      problemOf(refusal, requestId),
    );
  }

  return {
    opened: () => undefined,
    serve(exchange) {
      const { host, rawPath, query } = exchange.head;
      // `OPTIONS *` and an HTTP/1.0 request without a host have no address to come again to.
      if (host === '' || !rawPath.startsWith('/')) return answerRefusal(exchange, NO_HOST);
      const location = `https://${host}${suffix}${rawPath}${query === undefined ? '' : `?${query}`}`;
      // 308 keeps the method and the body (RFC 9110 §15.4.9).
      exchange.answer(308, 'Permanent Redirect', `Location: ${location}\r\n${dateLine()}`, '');
    },
    refuseHead: answerRefusal,
  };
}
