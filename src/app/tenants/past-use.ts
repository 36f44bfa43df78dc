// What the ledger knows of this month, as the budgets need it at a start or a reload.
import type { PastUse } from "../../admission/index.ts";
import type { Clock } from "../../core/index.ts";
import type { TenantStore } from "../../state/index.ts";

export async function pastUse(store: Pick<TenantStore, "sums">, clock: Clock): Promise<readonly PastUse[]> {
  const now = new Date(clock.epoch());
  const from = Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), 1);
  // Rows of a clock that was ahead count, too.
  return store.sums({ from, to: Number.MAX_SAFE_INTEGER });
}
