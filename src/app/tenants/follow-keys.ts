// Keys as the store has them, here within a second of any change by another process.
import { type Clock, toError, type Timer } from "../../core/index.ts";
import type { KeyTable } from "../../admission/index.ts";
import type { TenantStore } from "../../state/index.ts";
import type { Log } from "../../telemetry/index.ts";

export interface FollowedKeys {
  look(): Promise<void>;
  close(): void;
}

export interface FollowParts {
  readonly store: Pick<TenantStore, "keys" | "keysVersion">;
  readonly keys: KeyTable;
  readonly clock: Clock;
  readonly log: Log;
}

/** With one missed look a revocation still counts within a second. */
const LOOK_EVERY_MS = 400;

/** The first look must succeed; later ones keep what was known. */
export async function followKeys({ store, keys, clock, log }: FollowParts): Promise<FollowedKeys> {
  let version: number | undefined;
  let timer: Timer | undefined;
  let failing = false;
  let closed = false;
  let tail: Promise<unknown> = Promise.resolve();

  /** One after the other: what was read before a change must not come in after it. */
  function look(anew = false): Promise<void> {
    const done = tail.then(() => read(anew));
    tail = done.catch(() => undefined);
    return done;
  }

  async function read(anew: boolean): Promise<void> {
    if (anew) version = undefined;
    const now = await store.keysVersion();
    if (now === version) return;
    keys.replace(await store.keys());
    version = now;
  }

  function plan(): void {
    if (closed) return;
    timer = clock.after(LOOK_EVERY_MS, () => {
      void look()
        .then(
          () => void (failing = false),
          (thrown: unknown) => {
            if (!failing)
              log.error({ error: toError(thrown).message }, "keys of tenants cannot be read; those known stay");
            failing = true;
          },
        )
        .then(plan);
    });
  }

  await look();
  plan();
  return {
    look: () => look(true),
    close() {
      closed = true;
      timer?.cancel();
    },
  };
}
