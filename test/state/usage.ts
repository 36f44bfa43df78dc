// Rows of the ledger for tests.
import type { UsageRow } from "../../src/state/index.ts";

export const AT = Date.UTC(2026, 10, 15, 12);

export function usageRow(id: string, more: Partial<UsageRow> = {}): UsageRow {
  const counts = { inputTokens: 10, cachedTokens: 4, outputTokens: 5, cost: 25_000 };
  const about = {
    at: AT,
    tenant: "a",
    keyId: "k",
    model: "m",
    outcome: "ok",
    status: 200,
    latencyMs: 12.5,
    estimated: false,
  };
  return { id, ...about, ...counts, ...more };
}
