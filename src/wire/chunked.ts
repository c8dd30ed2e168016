/**
 * The chunked transfer coding (RFC 9112 §7.1), read strictly and written
 * plainly. Extensions are dropped and their bytes are counted; nothing of the
 * sender's framing reaches the other side, only the data between it.
 */
import { emptySection, readFields } from './fields.ts';
import type { FieldSection } from './fields.ts';
import { CR, FIELD_VALUE, LF } from './syntax.ts';

/** Size lines and trailers of one body may not be longer than this together: they carry nothing that is used. */
const MAX_OVERHEAD_BYTES = 16_384;
/** A chunk may be that many hexadecimal digits long: 2^52 is what a double counts exactly. */
const MAX_SIZE_DIGITS = 13;

const NO_DATA = Buffer.alloc(0);

const SIZE = 0;
const EXTENSION = 1;
const SIZE_LF = 2;
const DATA = 3;
const DATA_CR = 4;
const DATA_LF = 5;
const TRAILER = 6;

export class ChunkedReader {
  done = false;
  fault: string | undefined;
  /** The data among the bytes read last. */
  data: Buffer = NO_DATA;
  /** Fields behind the last chunk. Never merged into the head (RFC 9110 §6.5.1). */
  trailers: FieldSection | undefined;
  trailerText = '';
  #state = SIZE;
  #size = 0;
  #digits = 0;
  #overhead = 0;
  /** Where in the bytes at hand their data stands, moved together; an end of 0: there is none. */
  #dataStart = 0;
  #dataEnd = 0;

  /**
   * Reads `bytes` from `from`; returns where it stopped: behind the body once
   * `done`, at the end otherwise, anywhere on a `fault`. Overwrites framing in
   * `bytes`, so that the data of all their chunks stands in one piece.
   */
  read(bytes: Buffer, from: number): number {
    this.#dataEnd = 0;
    const stopped = this.#read(bytes, from);
    // A body in chunks of one byte must not cost a write for each.
    this.data = this.#dataEnd === 0 ? NO_DATA : bytes.subarray(this.#dataStart, this.#dataEnd);
    return stopped;
  }

  #read(bytes: Buffer, from: number): number {
    let at = from;
    const end = bytes.length;
    while (at < end) {
      if (this.#state === DATA) {
        const take = Math.min(this.#size, end - at);
        if (this.#dataEnd === 0) this.#dataStart = at;
        else bytes.copyWithin(this.#dataEnd, at, at + take);
        this.#dataEnd = (this.#dataEnd || at) + take;
        at += take;
        this.#size -= take;
        if (this.#size === 0) this.#state = DATA_CR;
        continue;
      }
      const code = bytes[at++]!;
      switch (this.#state) {
        case SIZE: {
          const value = hexValue(code);
          if (value >= 0) {
            if (++this.#digits > MAX_SIZE_DIGITS) return this.#fail('a chunk size is too long', at);
            this.#size = this.#size * 16 + value;
          } else if (this.#digits === 0) return this.#fail('a chunk size is missing', at);
          else if (code === CR) this.#state = SIZE_LF;
          else if (code === 0x3b) this.#state = EXTENSION;
          else return this.#fail('a chunk size is not a hexadecimal number', at);
          break;
        }
        case EXTENSION:
          if (code === CR) this.#state = SIZE_LF;
          else if (FIELD_VALUE[code] !== 1) return this.#fail('a chunk extension holds a control character', at);
          else if (++this.#overhead > MAX_OVERHEAD_BYTES) return this.#fail('chunk extensions are too long', at);
          break;
        case SIZE_LF:
          if (code !== LF) return this.#fail('a chunk size line ends in a bare CR', at);
          this.#digits = 0;
          this.#state = this.#size === 0 ? TRAILER : DATA;
          break;
        case DATA_CR:
          if (code !== CR) return this.#fail('a chunk is longer than its size', at);
          this.#state = DATA_LF;
          break;
        case DATA_LF:
          if (code !== LF) return this.#fail('a chunk is longer than its size', at);
          this.#state = SIZE;
          break;
        default: {
          // The section ends with the first empty line.
          this.trailerText += String.fromCharCode(code);
          if (++this.#overhead > MAX_OVERHEAD_BYTES) return this.#fail('the trailer section is too long', at);
          if (code !== LF) break;
          if (this.trailerText === '\r\n') {
            this.trailerText = '';
            this.done = true;
            return at;
          }
          if (!this.trailerText.endsWith('\r\n')) return this.#fail('a trailer line ends in a bare LF', at);
          if (!this.trailerText.endsWith('\r\n\r\n')) break;
          this.trailerText = this.trailerText.slice(0, -2);
          const section = emptySection();
          const fault = readFields(
            Buffer.from(this.trailerText, 'latin1'),
            this.trailerText,
            { from: 0, end: this.trailerText.length },
            section,
          );
          if (fault !== undefined) return this.#fail(fault, at);
          this.trailers = section;
          this.done = true;
          return at;
        }
      }
    }
    return at;
  }

  #fail(fault: string, at: number): number {
    this.fault = fault;
    return at;
  }
}

function hexValue(code: number): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30;
  const lower = code | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
}

export const LAST_CHUNK = '0\r\n\r\n';
