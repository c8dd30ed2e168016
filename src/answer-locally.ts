/**
 * Answers an admitted request here, where its route has an endpoint of the
 * gateway's own: reads the whole body, asks the endpoint, and tells `done` once
 * what became of it. For endpoints that are called rarely: it allocates freely.
 */
import type { Admission } from './gateway.ts';
import type { LocalReply, LocalRequest, LocalRoute } from './local.ts';
import type { Link } from './passage.ts';
import { refuse, type Refusal } from './refusal.ts';
import type { BodyFault, Exchange, ExchangeListener, RequestBodySink } from './wire/exchange.ts';

/** What became of it; whoever is told sends the reply. */
export type LocalOutcome =
  | { readonly kind: 'replied'; readonly reply: LocalReply }
  | { readonly kind: 'refused'; readonly refusal: Refusal }
  | { readonly kind: 'abandoned' }
  | { readonly kind: 'broke'; readonly error: unknown };

export function answerLocally(
  admission: Admission,
  exchange: Exchange<Link>,
  local: LocalRoute,
  done: (outcome: LocalOutcome) => void,
): void {
  const { head } = exchange;
  if (head.bodyLength > local.maxBodyBytes) return done({ kind: 'refused', refusal: refuse('body_too_large') });
  new LocalAnswer(admission, exchange, local, done).start();
}

const FAULTS = { malformed: 'malformed_request', too_large: 'body_too_large', stalled: 'request_timeout' } as const;

class LocalAnswer implements ExchangeListener, RequestBodySink {
  readonly #admission: Admission;
  readonly #exchange: Exchange<Link>;
  readonly #local: LocalRoute;
  readonly #done: (outcome: LocalOutcome) => void;
  readonly #pieces: Buffer[] = [];
  #over = false;

  constructor(
    admission: Admission,
    exchange: Exchange<Link>,
    local: LocalRoute,
    done: (outcome: LocalOutcome) => void,
  ) {
    this.#admission = admission;
    this.#exchange = exchange;
    this.#local = local;
    this.#done = done;
  }

  start(): void {
    const exchange = this.#exchange;
    exchange.listen(this, exchange.startedAt + this.#admission.route.totalMs);
    if (exchange.head.bodyLength === 0) this.bodyEnd();
    else exchange.readBody(this, this.#local.maxBodyBytes);
  }

  bodyData(bytes: Buffer): void {
    this.#pieces.push(Buffer.from(bytes));
  }

  holdsBytes(): boolean {
    return false;
  }

  bodyEnd(): void {
    const { request, address, addressKey, requestId, peer } = this.#admission;
    const certificateSha256 = peer.certificate?.claims.fingerprint;
    const body = Buffer.concat(this.#pieces);
    void this.#answer({ request, body, address, addressKey, requestId, certificateSha256 });
  }

  async #answer(request: LocalRequest): Promise<void> {
    try {
      const reply = await this.#local.answer(request);
      this.#end({ kind: 'replied', reply });
    } catch (error) {
      this.#end({ kind: 'broke', error });
    }
  }

  bodyFault(fault: BodyFault, detail: string): void {
    this.#end({ kind: 'refused', refusal: refuse(FAULTS[fault], { detail }) });
  }

  callerGone(): void {
    this.#end({ kind: 'abandoned' });
  }

  timedOut(): void {
    this.#end({ kind: 'refused', refusal: refuse('overloaded', { retryAfterMs: 1000 }) });
  }

  writable(): void {}

  #end(outcome: LocalOutcome): void {
    if (this.#over) return;
    this.#over = true;
    this.#done(outcome);
  }
}
