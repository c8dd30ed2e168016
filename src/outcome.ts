/** Every way that forwarding ends, for whoever answers the caller and writes it down. */
import type { Refusal } from './refusal.ts';
import type { TunnelEnd } from './wire/tunnel.ts';

/** How a forwarded exchange ended. */
export type Outcome =
  /** The upstream's reply went out whole. */
  | { readonly kind: 'relayed'; readonly status: number }
  /** There is no reply and never will be: the gateway has to answer. */
  | { readonly kind: 'refused'; readonly refusal: Refusal }
  /** The reply had begun and could not be completed; the connection is closed. */
  | { readonly kind: 'cut_short'; readonly status: number }
  | { readonly kind: 'abandoned' }
  /** It became a tunnel, which has ended. */
  | { readonly kind: 'tunnelled'; readonly end: TunnelEnd; readonly replyMs: number }
  /** Our own code threw. */
  | { readonly kind: 'broke'; readonly error: unknown };
