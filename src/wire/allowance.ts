/**
 * How much of something a peer may do: a number at once, and so many more each
 * second. Two numbers to keep, and one multiplication each time it is asked.
 */
export interface AllowanceLimits {
  readonly burst: number;
  readonly perSecond: number;
}

export class Allowance {
  readonly #limits: AllowanceLimits;
  #left: number;
  #filledAt: number;

  constructor(limits: AllowanceLimits, now: number) {
    this.#limits = limits;
    this.#left = limits.burst;
    this.#filledAt = now;
  }

  /** Takes `amount`; false once more was taken than is allowed. A negative amount is credit, up to the burst. */
  take(amount: number, now: number): boolean {
    const { burst, perSecond } = this.#limits;
    const filled = this.#left + ((now - this.#filledAt) / 1000) * perSecond;
    this.#left = Math.min(burst, Math.min(burst, filled) - amount);
    this.#filledAt = now;
    return this.#left >= 0;
  }
}
