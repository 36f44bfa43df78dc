// What a row of the ledger's tables says: both stores name their columns alike.
import type { KeyRow } from "./key-row.ts";
import type { UsageRow, UsageSum } from "./usage-row.ts";

/** As a driver gives it: whole numbers of 64 bits and sums may come as text. */
export type Row = Readonly<Record<string, unknown>>;

const DAY_MS = 86_400_000;

/** In the order of the columns; `estimated` is the last one, of a type that the stores differ in. */
export function usageValues(row: UsageRow): (string | number | null)[] {
  const { id, at, tenant, keyId, model, inputTokens, cachedTokens, outputTokens, cost, outcome, status } = row;
  const start = [id, Math.round(at), dayOf(at), tenant, keyId ?? null, model, inputTokens, cachedTokens, outputTokens];
  return [...start, cost, outcome, status, row.latencyMs];
}

/** What it adds to the sums of its day: the sum's name, then its counts. */
export function dayValues(row: UsageRow): (string | number)[] {
  const { at, tenant, keyId = "", model, inputTokens, cachedTokens, outputTokens, cost } = row;
  return [dayOf(at), tenant, keyId, model, inputTokens, cachedTokens, outputTokens, cost];
}

function dayOf(epoch: number): number {
  return Math.floor(epoch / DAY_MS) * DAY_MS;
}

export function keyOf(row: Row): KeyRow {
  return {
    id: String(row["id"]),
    tenant: String(row["tenant"]),
    role: row["role"] === "admin" ? "admin" : "client",
    hash: String(row["hash"]),
    label: String(row["label"]),
    createdAt: Number(row["created_at"]),
    expiresAt: optional(row["expires_at"]),
    revokedAt: optional(row["revoked_at"]),
  };
}

function optional(value: unknown): number | undefined {
  return value === null || value === undefined ? undefined : Number(value);
}

export function usageOf(row: Row): UsageRow {
  return {
    ...countsOf(row),
    id: String(row["id"]),
    at: Number(row["at"]),
    outcome: String(row["outcome"]),
    status: Number(row["status"]),
    latencyMs: Number(row["latency"]),
    estimated: Number(row["estimated"]) !== 0,
  };
}

export function sumOf(row: Row): UsageSum {
  return { ...countsOf(row), day: Number(row["day"]), requests: Number(row["requests"]) };
}

function countsOf(row: Row) {
  const keyId = row["key_id"];
  return {
    tenant: String(row["tenant"]),
    keyId: typeof keyId === "string" ? keyId : undefined,
    model: String(row["model"]),
    inputTokens: Number(row["input"]),
    cachedTokens: Number(row["cached"]),
    outputTokens: Number(row["output"]),
    cost: Number(row["cost"]),
  };
}
