// Writes finished requests to the store in batches, off the request path; nothing waits for it, and its memory is bounded.
import { type Clock, toError, type Timer } from "../core/index.ts";
import type { Log } from "../telemetry/index.ts";
import type { TenantStore } from "./tenant-store.ts";
import type { UsageRow } from "./usage-row.ts";

export interface Ledger {
  add(row: UsageRow): void;
  /** Rows that are not in the store yet. */
  readonly waiting: number;
  /** Rows given up since the store was away for too long. */
  readonly lost: number;
  /** Resolves when all rows up to now are in the store, or could not be written. */
  flush(): Promise<void>;
  /** Writes what is left, then adds nothing more. */
  close(): Promise<void>;
}

export interface LedgerOptions {
  readonly store: Pick<TenantStore, "append">;
  readonly clock: Clock;
  readonly log: Log;
  /** Default 100,000 rows, some 30 MB. */
  readonly maxWaiting?: number;
}

/** Well below the second that a kill -9 may lose. */
const FLUSH_MS = 250;
/** Some 2 ms of the event loop in SQLite. */
const BATCH = 500;
const RETRY_MS = 1000;

export function ledger({ store, clock, log, maxWaiting = 100_000 }: LedgerOptions): Ledger {
  let rows: UsageRow[] = [];
  let timer: Timer | undefined;
  let writing: Promise<boolean> | undefined;
  let failing = false;
  let lost = 0;

  function plan(delayMs: number): void {
    timer ??= clock.after(delayMs, () => {
      timer = undefined;
      void write();
    });
  }

  function write(): Promise<boolean> {
    writing ??= batch().finally(() => {
      writing = undefined;
      if (rows.length > 0) plan(failing ? RETRY_MS : FLUSH_MS / 10);
    });
    return writing;
  }

  async function batch(): Promise<boolean> {
    const some = rows.slice(0, BATCH);
    if (some.length === 0) return true;
    try {
      await store.append(some);
      rows = rows.slice(some.length);
      if (failing) log.info({ waiting: rows.length }, "the ledger is written again");
      failing = false;
      return true;
    } catch (thrown) {
      if (!failing) log.error({ error: toError(thrown).message, waiting: rows.length }, "the ledger cannot be written");
      failing = true;
      return false;
    }
  }

  async function flush(): Promise<void> {
    while (rows.length > 0) if (!(await write())) return;
  }

  return {
    get waiting() {
      return rows.length;
    },
    get lost() {
      return lost;
    },
    add(row) {
      if (rows.length >= maxWaiting) return void lost++;
      rows.push(row);
      plan(FLUSH_MS);
    },
    flush,
    async close() {
      timer?.cancel();
      await flush();
      timer?.cancel();
      if (rows.length > 0) log.error({ rows: rows.length }, "rows of the ledger could not be written before the end");
    },
  };
}
