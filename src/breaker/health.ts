/**
 * Active checks of one target: when the next is due, and how many in a row it
 * takes to believe them. One check at a time, each ended after `timeoutMs`. The
 * check itself comes in as a function; no timer: `tick` is called a few times a
 * second.
 */
import type { Clock } from '../world.ts';

export interface HealthOptions {
  readonly intervalMs: number;
  readonly timeoutMs: number;
  /** So many good checks in a row, and a target that was down is up. */
  readonly healthy: number;
  /** So many bad checks in a row, and it is down. */
  readonly unhealthy: number;
}

/** Begins a check; `done` hears what is wrong, or `undefined`. Returns what gives it up. */
export type Probe = (done: (fault: string | undefined) => void) => () => void;

export interface Health {
  isUp(): boolean;
  /** Until the next check. */
  nextInMs(): number;
  checks(result: 'passed' | 'failed'): number;
  tick(nowMs: number): void;
  close(): void;
}

export interface HealthParts {
  readonly clock: Pick<Clock, 'monotonic'>;
  /** From 0 up to 1. */
  readonly random: () => number;
  readonly probe: Probe;
  /** `fault`: of the check that decided; `undefined` where it is up. */
  readonly changed: (isUp: boolean, fault: string | undefined) => void;
}

/** So much of the interval is left to chance, lest all gateways check at one moment. */
const JITTER = 0.2;

/** Taken to be up until checks say otherwise: at its start a gateway must not refuse everybody. */
export function createHealth(options: HealthOptions, { clock, random, probe, changed }: HealthParts): Health {
  const { intervalMs, timeoutMs } = options;
  let isUp = true;
  /** Checks in a row that contradict what it is taken for. */
  let against = 0;
  let dueAt = clock.monotonic();
  let running: { readonly startedAt: number; readonly giveUp: () => void } | undefined;
  const counts = { passed: 0, failed: 0 };

  function judge(fault: string | undefined): void {
    running = undefined;
    counts[fault === undefined ? 'passed' : 'failed']++;
    if ((fault === undefined) === isUp) {
      against = 0;
      return;
    }
    against++;
    if (against < (isUp ? options.unhealthy : options.healthy)) return;
    against = 0;
    isUp = !isUp;
    changed(isUp, fault);
  }

  function begin(nowMs: number): void {
    dueAt = nowMs + intervalMs * (1 - JITTER * random());
    let isOver = false;
    const giveUp = probe((fault) => {
      if (isOver) return;
      isOver = true;
      judge(fault);
    });
    if (isOver) return;
    running = {
      startedAt: nowMs,
      giveUp() {
        isOver = true;
        giveUp();
      },
    };
  }

  return {
    isUp: () => isUp,
    nextInMs: () => Math.max(0, dueAt - clock.monotonic()),
    checks: (result) => counts[result],
    tick(nowMs) {
      if (running !== undefined && nowMs - running.startedAt >= timeoutMs) {
        running.giveUp();
        judge('timeout');
      }
      if (running === undefined && nowMs >= dueAt) begin(nowMs);
    },
    close() {
      running?.giveUp();
      running = undefined;
      dueAt = Number.POSITIVE_INFINITY;
    },
  };
}
