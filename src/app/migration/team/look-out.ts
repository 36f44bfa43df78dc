// Looks again and again, one look after the other; what happens during one is looked at right after.
import type { Clock, Timer } from "../../../core/index.ts";

export interface LookOut {
  wake(): void;
  /** When the look that is under way is over. */
  close(): Promise<void>;
}

export interface LookOutOptions {
  readonly clock: Clock;
  readonly everyMs: number;
  /** Must not throw. */
  readonly look: () => Promise<void>;
}

export function lookOut({ clock, everyMs, look }: LookOutOptions): LookOut {
  let timer: Timer | undefined;
  let looking: Promise<void> | undefined;
  let again = false;
  let isClosed = false;

  function wake(): void {
    timer?.cancel();
    if (isClosed) return;
    if (looking !== undefined) {
      again = true;
      return;
    }
    looking = look().finally(() => {
      looking = undefined;
      if (!isClosed) timer = clock.after(again ? 0 : everyMs, wake);
      again = false;
    });
  }

  return {
    wake,
    async close() {
      isClosed = true;
      timer?.cancel();
      await looking;
    },
  };
}
