// Requests that wait until a worker may serve them: bounded, first come first served, left at once when the client leaves.
import type { Clock } from "../core/index.ts";
import type { Fleet } from "../fleet/index.ts";

export interface Wait {
  /** The client left. Idempotent. */
  cancel(): void;
}

export interface WaitParts {
  readonly model: string;
  readonly limit: number;
  readonly timeoutMs: number;
  onReady(): void;
  onTimeout(): void;
}

export interface WorkerQueue {
  readonly length: number;
  of(model: string): number;
  /** Undefined when as many as `limit` wait already. */
  wait(parts: WaitParts): Wait | undefined;
}

interface Waiter {
  readonly parts: WaitParts;
  stop(): void;
}

export function workerQueue(fleet: Fleet, clock: Clock): WorkerQueue {
  const byModel = new Map<string, Set<Waiter>>();

  fleet.onChange((worker) => {
    // An endpoint of a migration plan is in no pool: whom it may serve, the plan knows.
    if (worker.arm !== undefined && worker.state !== "dead") for (const queued of byModel.values()) wake(queued);
    const queued = byModel.get(worker.model);
    if (queued !== undefined && fleet.eligible(worker.model, "any").length > 0) wake(queued);
  });

  /** A copy: one whose arm has no worker yet waits again. */
  function wake(queued: ReadonlySet<Waiter>): void {
    const all = [...queued];
    for (const waiter of all) {
      waiter.stop();
      waiter.parts.onReady();
    }
  }

  function wait(parts: WaitParts): Wait | undefined {
    const queued = byModel.get(parts.model) ?? new Set();
    if (queued.size >= parts.limit) return undefined;
    byModel.set(parts.model, queued);
    const timer = clock.after(parts.timeoutMs, () => {
      waiter.stop();
      parts.onTimeout();
    });
    const waiter: Waiter = {
      parts,
      stop() {
        timer.cancel();
        queued.delete(waiter);
      },
    };
    queued.add(waiter);
    return { cancel: () => waiter.stop() };
  }

  return {
    get length() {
      let length = 0;
      for (const queued of byModel.values()) length += queued.size;
      return length;
    },
    of: (model) => byModel.get(model)?.size ?? 0,
    wait,
  };
}
