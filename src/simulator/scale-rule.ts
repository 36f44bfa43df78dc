// What decides the size of a simulated pool, and what it is told: only what a real one could know at that moment.
import type { PoolSample, WorkerSeen } from "../autoscaling/index.ts";

export interface ScaleRule {
  readonly intervalMs: number;
  /** A worker that is taken away is ended so long after, whatever it does; undefined = it finishes what it has. */
  readonly killAfterMs?: number | undefined;
  decide(seen: PoolSeen, nowMs: number): ScaleWish;
}

export interface ScaleWish {
  /** Workers that serve or start. */
  readonly target: number;
  /** Who is to go; the rest of the difference is taken from those that start, then from the highest numbers. */
  readonly drain?: readonly string[];
}

export interface PoolSeen extends PoolSample {
  readonly workers: readonly ScrapedWorker[];
}

/** Figures of the last scrape that was not lost. */
export interface ScrapedWorker extends WorkerSeen {
  readonly running: number;
  /** 0…1 */
  readonly kvUsage: number;
}
