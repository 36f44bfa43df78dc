// Route receipts by request id: which worker, why, what the others would have cost, what was predicted and what happened.
import type { Clock } from "../core/index.ts";
import type { RouteScore } from "../routing/index.ts";
import type { LegRecord, Outcome, RequestRecord } from "./record.ts";
import { completionTokensOf } from "./usage.ts";

export interface ReceiptLeg {
  readonly worker: string;
  readonly upstreamRequestId: string;
  readonly policy: string;
  readonly reason: string;
  /** The chosen one first, then the runners-up. */
  readonly scores: readonly RouteScore[];
  readonly predicted: { readonly cachedTokens: number | null; readonly ttftMs: number | null };
  readonly failure: string | null;
}

export interface Receipt {
  readonly id: string;
  readonly clientRequestId: string | null;
  /** ISO 8601. */
  readonly arrived: string;
  readonly route: string;
  readonly model: string | null;
  readonly stream: boolean;
  readonly outcome: Outcome;
  readonly status: number;
  readonly promptTokens: { readonly counted: number | null; readonly exact: boolean; readonly reported: number | null };
  readonly completionTokens: number | null;
  readonly legs: readonly ReceiptLeg[];
  /** Unknown is null, never 0. */
  readonly measured: {
    readonly cachedTokens: number | null;
    readonly queueMs: number | null;
    readonly ttftMs: number | null;
    readonly e2eMs: number;
  };
}

export interface Receipts {
  readonly size: number;
  add(record: RequestRecord, outcome: Outcome): void;
  /** By our id or by the client's own (the latest request that used it). */
  find(id: string): Receipt | undefined;
}

interface Kept {
  readonly record: RequestRecord;
  readonly outcome: Outcome;
  readonly endedAt: number;
}

export interface ReceiptLimits {
  readonly maxEntries: number;
  readonly retentionSeconds: number;
}

/** Records are kept as they are and rendered when asked for: most are never read. */
export function receiptStore({ maxEntries, retentionSeconds }: ReceiptLimits, clock: Clock): Receipts {
  const kept = new Map<string, Kept>();
  const byClientId = new Map<string, string>();

  function forget(id: string, { record }: Kept): void {
    kept.delete(id);
    const label = record.clientRequestId;
    if (label !== undefined && byClientId.get(label) === id) byClientId.delete(label);
  }
  function trim(now: number): void {
    const oldest = now - retentionSeconds * 1000;
    for (const [id, entry] of kept) {
      if (kept.size <= maxEntries && entry.endedAt >= oldest) return;
      forget(id, entry);
    }
  }
  return {
    get size() {
      return kept.size;
    },
    add(record, outcome) {
      const now = clock.now();
      kept.set(record.id, { record, outcome, endedAt: now });
      if (record.clientRequestId !== undefined) byClientId.set(record.clientRequestId, record.id);
      trim(now);
    },
    find(id) {
      trim(clock.now());
      const entry = kept.get(id) ?? kept.get(byClientId.get(id) ?? "");
      return entry === undefined ? undefined : render(entry);
    },
  };
}

function render({ record, outcome, endedAt }: Kept): Receipt {
  const sentAt = record.legs[0]?.sentAt;
  return {
    id: record.id,
    clientRequestId: record.clientRequestId ?? null,
    arrived: new Date(record.arrivedEpoch).toISOString(),
    route: record.route,
    model: record.model ?? null,
    stream: record.stream,
    outcome,
    status: record.status,
    promptTokens: {
      counted: record.promptTokens ?? null,
      exact: record.promptTokensExact,
      reported: record.usage?.promptTokens ?? null,
    },
    completionTokens: completionTokensOf(record) ?? null,
    legs: record.legs.map(renderLeg),
    measured: {
      cachedTokens: record.usage?.cachedTokens ?? null,
      queueMs: sentAt === undefined || record.readAt === undefined ? null : rounded(sentAt - record.readAt),
      ttftMs:
        record.firstTokenAt === undefined ? null : rounded(record.firstTokenAt - (record.readAt ?? record.arrivedAt)),
      e2eMs: rounded(endedAt - record.arrivedAt),
    },
  };
}

function renderLeg({ worker, requestId, decision, prediction, failure }: LegRecord): ReceiptLeg {
  return {
    worker,
    upstreamRequestId: requestId,
    policy: decision.policy,
    reason: decision.reason,
    scores: decision.scores,
    predicted: { cachedTokens: prediction.known ? prediction.cachedTokens : null, ttftMs: prediction.ttftMs ?? null },
    failure: failure ?? null,
  };
}

function rounded(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}
