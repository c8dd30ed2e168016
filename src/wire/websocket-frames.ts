/**
 * Follows the frames (RFC 6455 §5.2) of one direction without touching them: a
 * frame of ours may only stand between two of theirs, and none behind a Close.
 * Reads headers alone, about 10 ns each; nothing is kept or copied.
 */
const CLOSE = 0x8;

export class FrameTracker {
  /** Whether a Close has begun: its sender says nothing more. */
  closed = false;
  /** Of the header of the frame under way, how many bytes have come, and how many there will be. */
  #headerRead = 0;
  #headerBytes = 2;
  /** Where the length ends in it, and the mask begins. */
  #lengthEnd = 2;
  #payloadLeft = 0;

  /** Whether everything read so far is whole frames. */
  get atBoundary(): boolean {
    return this.#headerRead === 0 && this.#payloadLeft === 0;
  }

  read(bytes: Uint8Array): void {
    let at = 0;
    while (at < bytes.length) {
      if (this.#headerRead === 0 && this.#payloadLeft > 0) {
        const step = Math.min(this.#payloadLeft, bytes.length - at);
        this.#payloadLeft -= step;
        at += step;
      } else this.#readHeader(bytes[at++]!);
    }
  }

  #readHeader(byte: number): void {
    const at = this.#headerRead++;
    if (at === 0) {
      if ((byte & 0x0f) === CLOSE) this.closed = true;
    } else if (at === 1) {
      const short = byte & 0x7f;
      const extended = short === 126 ? 2 : short === 127 ? 8 : 0;
      const mask = (byte & 0x80) === 0 ? 0 : 4;
      this.#headerBytes = 2 + extended + mask;
      this.#lengthEnd = 2 + extended;
      this.#payloadLeft = extended === 0 ? short : 0;
    } else if (at < this.#lengthEnd) this.#payloadLeft = this.#payloadLeft * 256 + byte;
    if (this.#headerRead > 1 && this.#headerRead === this.#headerBytes) this.#headerRead = 0;
  }
}

/** A Close of a server: unmasked, with a status code and no reason. */
export function closeFrame(code: number): Buffer {
  return Buffer.from([0x80 | CLOSE, 2, code >> 8, code & 0xff]);
}
