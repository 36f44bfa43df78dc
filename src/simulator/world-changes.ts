// Workers that fail and start: by plan, at random, and at the beginning.
import { seededRandom, SwitchgearError } from "../core/index.ts";
import { stepNoise } from "../engine/offline.ts";
import { ln } from "../model/index.ts";
import type { SimulatedRequest } from "./simulated-request.ts";
import type { SimulatedWorker } from "./simulated-worker.ts";
import type { Timers } from "./timers.ts";
import type { World } from "./world.ts";

export interface WorldChangesParts {
  readonly workers: readonly SimulatedWorker[];
  readonly world: World;
  readonly seed: string;
  readonly timers: Timers;
  readonly died: (worker: SimulatedWorker, lost: readonly SimulatedRequest[], atMs: number) => void;
  /** The gateway sees it again. */
  readonly isBack: (atMs: number) => void;
}

/** Enters all changes into the timers; the number of failures so far. */
export function worldChanges({ workers, world, seed, timers, died, isBack }: WorldChangesParts): () => number {
  const random = seededRandom(`${seed} failures`);
  const spread = stepNoise(seededRandom(`${seed} start-ups`), world.startUpSigma);
  const startUpMs = (): number => world.startUpMs * spread();
  let failures = 0;

  function fail(worker: SimulatedWorker, atMs: number, downMs: number | undefined): void {
    if (!worker.isUp) return;
    failures++;
    const lost = worker.fail(atMs);
    timers.at(atMs + world.detectMs, () => void (worker.isSeenUp = worker.isUp));
    if (downMs !== undefined) startAt(worker, atMs + downMs);
    died(worker, lost, atMs);
  }

  function startAt(worker: SimulatedWorker, atMs: number): void {
    const upAt = atMs + startUpMs();
    timers.at(upAt, () => {
      worker.isUp = true;
      if (world.mtbfMs !== undefined) failAtRandom(worker, upAt, world.mtbfMs);
    });
    timers.at(upAt + world.detectMs, () => {
      worker.isSeenUp = worker.isUp;
      if (worker.isUp) isBack(upAt + world.detectMs);
    });
  }

  /** Exponential: failures know nothing of each other. */
  function failAtRandom(worker: SimulatedWorker, fromMs: number, meanMs: number): void {
    const atMs = fromMs - meanMs * ln(1 - random.next());
    timers.at(atMs, () => fail(worker, atMs, world.repairMs));
  }

  for (const { worker: number, atMs, downMs } of world.failures) {
    const worker = workers[number];
    if (worker === undefined) throw noWorker(number, workers.length);
    timers.at(atMs, () => fail(worker, atMs, downMs));
  }
  for (const worker of workers.slice(workers.length - Math.min(world.coldWorkers, workers.length))) {
    worker.isUp = false;
    worker.isSeenUp = false;
    startAt(worker, 0);
  }
  if (world.mtbfMs !== undefined) for (const worker of workers) if (worker.isUp) failAtRandom(worker, 0, world.mtbfMs);
  return () => failures;
}

function noWorker(value: number, count: number): SwitchgearError {
  return new SwitchgearError("SWG_USAGE", "A failure is planned for a worker that does not exist.", {
    value,
    where: "failures",
    expected: `0 to ${count - 1}`,
  });
}
