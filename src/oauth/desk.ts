/** What clients, keys and revocations are changed at, by command or over the network. */
import type { Store, TrailEvent } from '../store/store.ts';

export interface Desk {
  readonly store: Store;
  /** Of the authorization server. */
  readonly issuer: string;
  readonly now: () => number;
  readonly note: (event: TrailEvent) => void;
  /** Who asks. */
  readonly by: string;
}

/** Why nothing was changed, for whoever asked. A value: to throw is for bugs. */
export class DeskFault {
  readonly kind: 'invalid' | 'unknown' | 'conflict';
  readonly message: string;

  constructor(kind: DeskFault['kind'], message: string) {
    this.kind = kind;
    this.message = message;
  }
}
