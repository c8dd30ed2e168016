/**
 * How many requests each caller made lately. The window is split into sub-windows
 * and the oldest one it touches is counted whole, so no caller ever exceeds a
 * quota in any trailing window, wherever it begins; the price is a wait longer by
 * at most one sub-window. A request costs one `Map` probe and some array slots; a
 * caller costs about 115 bytes beside its key, at most `maxCallers` of them. Times
 * are monotonic milliseconds and are passed in.
 */

export interface SlidingWindowOptions {
  readonly windowMs: number;
  readonly subWindows: number;
  readonly maxCallers: number;
}

export interface SlidingWindow {
  /** The slot of `key`, its counts brought up to `nowMs`. Good until the next `slotOf`, which may give it to another key. */
  slotOf(key: string, nowMs: number): number;
  /** The requests counted in the trailing window. */
  used(slot: number): number;
  /** Counts one request, after the limiter has compared `used` with `quota`. Who reaches it is not forgotten before others. */
  count(slot: number, quota: number): void;
  /** How long until a request more than now fits `quota` if nothing else is counted; for a quota of 0, the window. */
  untilFreeMs(slot: number, quota: number, nowMs: number): number;
  /** Takes back one request counted at `countedAtMs`. */
  refund(key: string, countedAtMs: number): void;
  /** Callers held now. */
  size(): number;
  /** Callers forgotten while they still had requests counted. */
  evictions(): number;
}

const INITIAL_SLOTS = 64;
const NONE = -1;
const PAGE_BITS = 12;
const PAGE_SLOTS = 1 << PAGE_BITS;
/** How many limited callers in a row are passed over before one of them is forgotten after all. */
const PASSED_OVER = 8;
/** One large `Map` stops the process for 100 ms when it grows; each of these is done in 2. */
const SHARDS = 64;

export function createSlidingWindow({ windowMs, subWindows, maxCallers }: SlidingWindowOptions): SlidingWindow {
  // Whole milliseconds, rounded up: the ring covers the window or a little more.
  const subWindowMs = Math.ceil(windowMs / subWindows);
  const ring = subWindows + 1;
  const slots = Array.from({ length: SHARDS }, () => new Map<string, number>());
  const keys: string[] = [];
  let capacity = Math.min(INITIAL_SLOTS, maxCallers);
  /** A ring of sub-windows a slot, in pages: most of the memory, and never copied. */
  const pages: Uint32Array[] = [];
  let totals = new Uint32Array(capacity);
  /** The sub-window that a slot was last brought up to, counted from the clock's zero. */
  let latest = new Float64Array(capacity);
  /** 1 where the last request counted was the last of the quota. */
  let limited = new Uint8Array(capacity);
  /** Slots by last use: from `hottest` along `colder` to `coldest`, and back along `hotter`. */
  let colder = new Int32Array(capacity);
  let hotter = new Int32Array(capacity);
  let hottest = NONE;
  let coldest = NONE;
  let evicted = 0;

  function grow(): void {
    capacity = Math.min(maxCallers, capacity * 2);
    totals = enlarged(totals, new Uint32Array(capacity));
    latest = enlarged(latest, new Float64Array(capacity));
    limited = enlarged(limited, new Uint8Array(capacity));
    colder = enlarged(colder, new Int32Array(capacity));
    hotter = enlarged(hotter, new Int32Array(capacity));
  }

  /** Where the ring of `slot` begins in its page. */
  function baseOf(slot: number): number {
    return (slot & (PAGE_SLOTS - 1)) * ring;
  }

  function unlink(slot: number): void {
    const before = hotter[slot]!;
    const after = colder[slot]!;
    if (before === NONE) hottest = after;
    else colder[before] = after;
    if (after === NONE) coldest = before;
    else hotter[after] = before;
  }

  function linkHottest(slot: number): void {
    hotter[slot] = NONE;
    colder[slot] = hottest;
    if (hottest === NONE) coldest = slot;
    else hotter[hottest] = slot;
    hottest = slot;
  }

  function touch(slot: number): void {
    if (slot === hottest) return;
    unlink(slot);
    linkHottest(slot);
  }

  /** Empties the sub-windows that have left the window by `index`. */
  function advance(slot: number, index: number): void {
    const passed = index - latest[slot]!;
    if (passed <= 0) return;
    latest[slot] = index;
    if (totals[slot] === 0) return;
    const counts = pages[slot >>> PAGE_BITS]!;
    const base = baseOf(slot);
    if (passed >= ring) {
      counts.fill(0, base, base + ring);
      totals[slot] = 0;
      return;
    }
    for (let at = index - passed + 1; at <= index; at++) {
      const place = base + (at % ring);
      totals[slot] = totals[slot]! - counts[place]!;
      counts[place] = 0;
    }
  }

  /** A slot for a new key: the coldest if it is idle, a fresh one, or else the coldest that is not limited. */
  function vacate(index: number): number {
    if (coldest !== NONE && index - latest[coldest]! >= ring) return forget(coldest);
    if (keys.length < maxCallers) {
      if (keys.length === capacity) grow();
      if (keys.length % PAGE_SLOTS === 0) pages.push(new Uint32Array(Math.min(PAGE_SLOTS, maxCallers) * ring));
      return keys.length;
    }
    // A flood of new keys must not free a caller from its limit.
    for (let passed = 0; passed < PASSED_OVER && limited[coldest] === 1; passed++) touch(coldest);
    evicted++;
    return forget(coldest);
  }

  function forget(slot: number): number {
    const key = keys[slot]!;
    shardOf(key).delete(key);
    unlink(slot);
    pages[slot >>> PAGE_BITS]!.fill(0, baseOf(slot), baseOf(slot) + ring);
    totals[slot] = 0;
    limited[slot] = 0;
    return slot;
  }

  function shardOf(key: string): Map<string, number> {
    return slots[shardIndex(key)]!;
  }

  function indexAt(timeMs: number): number {
    // Whole milliseconds first: a quotient of fractions could be rounded over an edge.
    return Math.floor(Math.floor(timeMs) / subWindowMs);
  }

  return {
    slotOf(key, nowMs) {
      const index = indexAt(nowMs);
      const shard = shardOf(key);
      const known = shard.get(key);
      if (known !== undefined) {
        advance(known, index);
        touch(known);
        return known;
      }
      const slot = vacate(index);
      keys[slot] = key;
      shard.set(key, slot);
      latest[slot] = index;
      linkHottest(slot);
      return slot;
    },
    used: (slot) => totals[slot]!,
    count(slot, quota) {
      const counts = pages[slot >>> PAGE_BITS]!;
      const place = baseOf(slot) + (latest[slot]! % ring);
      counts[place] = counts[place]! + 1;
      totals[slot] = totals[slot]! + 1;
      limited[slot] = totals[slot] >= quota ? 1 : 0;
    },
    untilFreeMs(slot, quota, nowMs) {
      const needed = Math.max(1, totals[slot]! - quota + 1);
      const counts = pages[slot >>> PAGE_BITS]!;
      const base = baseOf(slot);
      let freed = 0;
      for (let at = latest[slot]! - subWindows; at <= latest[slot]!; at++) {
        freed += at < 0 ? 0 : counts[base + (at % ring)]!;
        if (freed >= needed) return (at + ring) * subWindowMs - Math.floor(nowMs);
      }
      return windowMs;
    },
    refund(key, countedAtMs) {
      const slot = shardOf(key).get(key);
      if (slot === undefined) return;
      const index = indexAt(countedAtMs);
      const counts = pages[slot >>> PAGE_BITS]!;
      const place = baseOf(slot) + (index % ring);
      if (latest[slot]! - index >= ring || counts[place] === 0) return;
      counts[place] = counts[place]! - 1;
      totals[slot] = totals[slot]! - 1;
    },
    size: () => keys.length,
    evictions: () => evicted,
  };
}

function enlarged<T extends Uint8Array | Uint32Array | Int32Array | Float64Array>(from: T, to: T): T {
  to.set(from);
  return to;
}

/** Spreads keys by their ends, where they differ. An attacker who fills one shard has one large `Map` again, no worse. */
function shardIndex(key: string): number {
  let hash = key.length;
  for (let at = Math.max(0, key.length - 6); at < key.length; at++) hash = Math.imul(hash, 31) + key.charCodeAt(at);
  return hash & (SHARDS - 1);
}
