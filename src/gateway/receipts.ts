// Route receipts by request id: which worker, why, what the others would have cost, what was predicted and what happened.
import type { Clock } from "../core/index.ts";
import type { RouteScore } from "../routing/index.ts";
import type { LegRecord, Outcome, RequestRecord } from "./record.ts";
import { completionTokensOf } from "./usage.ts";

export interface ReceiptLeg {
  readonly worker: string;
  /** Absent for a model under no migration plan. */
  readonly arm?: "legacy" | "candidate";
  /** Left out by their circuit breakers. */
  readonly ejected?: readonly string[];
  /** Absent for a request that one worker serves. */
  readonly part?: "prefill" | "decode";
  /** Why one worker serves it, though there are pairs. */
  readonly whole?: string;
  readonly upstreamRequestId: string;
  readonly policy: string;
  readonly reason: string;
  /** The chosen one first, then the runners-up. */
  readonly scores: readonly RouteScore[];
  readonly predicted: { readonly cachedTokens: number | null; readonly ttftMs: number | null };
  readonly failure: string | null;
  /** Output tokens before it, of a leg that goes on with a stream. */
  readonly continuedAt?: number;
}

export interface Receipt {
  readonly id: string;
  readonly clientRequestId: string | null;
  /** ISO 8601. */
  readonly arrived: string;
  readonly route: string;
  readonly model: string | null;
  /** The name that the client used in its place. */
  readonly alias?: string;
  /** The LoRA adapter of the model. */
  readonly adapter?: string;
  /** Absent while nobody is a tenant. */
  readonly tenant?: string;
  /** What it was promised; null = nothing. Absent without any promise. */
  readonly promised?: { readonly ttftMs: number | null; readonly itlMs: number | null };
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

/**
 * Records are kept as they are and rendered when asked for: most are never read. A ring, with places in the maps, not
 * records: a map that changes all the time replaces its tables, and old tables keep what they hold from being collected.
 */
export function receiptStore({ maxEntries, retentionSeconds }: ReceiptLimits, clock: Clock): Receipts {
  const ring: (Kept | undefined)[] = [];
  const slots = new Map<string, number>();
  const slotsByClientId = new Map<string, number>();
  let next = 0;
  let oldest = 0;

  function forget(slot: number): void {
    const entry = ring[slot];
    if (entry === undefined) return;
    ring[slot] = undefined;
    slots.delete(entry.record.id);
    const label = entry.record.clientRequestId;
    if (label !== undefined && slotsByClientId.get(label) === slot) slotsByClientId.delete(label);
  }
  function expire(now: number): void {
    const limit = now - retentionSeconds * 1000;
    while (slots.size > 0) {
      const entry = ring[oldest];
      if (entry !== undefined && entry.endedAt >= limit) return;
      forget(oldest);
      oldest = (oldest + 1) % maxEntries;
    }
  }
  return {
    get size() {
      return slots.size;
    },
    add(record, outcome) {
      if (maxEntries < 1) return;
      const now = clock.now();
      expire(now);
      if (ring[next] !== undefined) {
        forget(next);
        oldest = (next + 1) % maxEntries;
      }
      if (slots.size === 0) oldest = next;
      ring[next] = { record, outcome, endedAt: now };
      slots.set(record.id, next);
      if (record.clientRequestId !== undefined) slotsByClientId.set(record.clientRequestId, next);
      next = (next + 1) % maxEntries;
    },
    find(id) {
      expire(clock.now());
      const entry = ring[slots.get(id) ?? slotsByClientId.get(id) ?? -1];
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
    ...(record.alias !== undefined && { alias: record.alias }),
    ...(record.adapter !== undefined && { adapter: record.adapter }),
    ...(record.client !== undefined && { tenant: record.client.tenant }),
    ...(record.promised !== undefined && {
      promised: { ttftMs: record.promised.ttftMs ?? null, itlMs: record.promised.itlMs ?? null },
    }),
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

function renderLeg(leg: LegRecord): ReceiptLeg {
  const { worker, requestId, decision, prediction, failure, arm, ejected, part, whole, continuedAt } = leg;
  return {
    worker,
    ...(arm !== undefined && { arm }),
    ...(part !== undefined && { part }),
    ...(whole !== undefined && { whole }),
    ...(ejected !== undefined && { ejected }),
    upstreamRequestId: requestId,
    policy: decision.policy,
    reason: decision.reason,
    scores: decision.scores,
    predicted: { cachedTokens: prediction.known ? prediction.cachedTokens : null, ttftMs: prediction.ttftMs ?? null },
    failure: failure ?? null,
    ...(continuedAt !== undefined && { continuedAt }),
  };
}

function rounded(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}
