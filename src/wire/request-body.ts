/**
 * How far the body of one request has come: counts what a length announced, or
 * follows the chunks. Touches no socket: the
 * connection hands it what it holds and is told how much of that was the body's.
 */
import { ChunkedReader } from './chunked.ts';
import { CHUNKED } from './request-head.ts';

const NO_DATA = Buffer.alloc(0);

export class RequestBody {
  /** The data among the bytes read last; may be overwritten by the next read. */
  data: Buffer = NO_DATA;
  #left: number;
  readonly #chunked: ChunkedReader | undefined;

  /** `length`: in bytes, or `CHUNKED`. */
  constructor(length: number) {
    this.#left = length === CHUNKED ? 0 : length;
    this.#chunked = length === CHUNKED ? new ChunkedReader() : undefined;
  }

  /** Whether the rest of it is among `heldBytes` bytes, as far as can be told without reading them. */
  isIn(heldBytes: number): boolean {
    return this.#chunked === undefined ? this.#left <= heldBytes : this.#chunked.done;
  }

  /** What is left of a body with a length: where it ends in the bytes held. */
  get left(): number {
    return this.#left;
  }

  /** The whole of it, if that is what `held` begins with; it is taken then. */
  takeWhole(held: Buffer): Buffer | undefined {
    if (this.#chunked !== undefined || this.#left > held.length) return undefined;
    const body = held.subarray(0, this.#left);
    this.#left = 0;
    return body;
  }

  /** Reads what `held` has of it into `data`; returns how many bytes that was, framing included. */
  read(held: Buffer): number {
    const chunked = this.#chunked;
    if (chunked !== undefined) {
      const used = chunked.read(held, 0);
      this.data = chunked.data;
      return used;
    }
    const used = Math.min(this.#left, held.length);
    this.#left -= used;
    this.data = held.subarray(0, used);
    return used;
  }

  get done(): boolean {
    return this.#chunked === undefined ? this.#left === 0 : this.#chunked.done;
  }

  /** What is wrong with its framing, if anything is. */
  get fault(): string | undefined {
    return this.#chunked?.fault;
  }
}

/** Of a request without one. */
export const NO_BODY = new RequestBody(0);
