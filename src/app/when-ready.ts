// Waits until each model has a worker that can serve.
import type { Clock } from "../core/index.ts";
import type { Fleet } from "../fleet/index.ts";

const LOOK_EVERY_MS = 50;

/** Resolves with the models that still have none when the limit passes; empty = all are ready. */
export function whenReady(fleet: Fleet, clock: Clock, limitMs: number): Promise<readonly string[]> {
  const end = clock.now() + limitMs;
  const waiting = (): string[] =>
    fleet
      .models()
      .filter(
        (model) =>
          fleet.sleeps?.(model) !== true &&
          !fleet.workers().some((one) => one.state === "ready" && fleet.eligible(model, one.role).includes(one)),
      );
  return new Promise((resolve) => {
    const look = (): void => {
      const left = waiting();
      if (left.length === 0 || clock.now() >= end) resolve(left);
      else setTimeout(look, LOOK_EVERY_MS);
    };
    look();
  });
}
