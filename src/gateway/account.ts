// What is written down when a request has ended: metrics, residuals, the receipt, one log line.
import type { Clock } from "../core/index.ts";
import type { Residuals } from "../routing/index.ts";
import type { Log, Metrics } from "../telemetry/index.ts";
import type { Receipts } from "./receipts.ts";
import { type Outcome, type RequestRecord, tries } from "./record.ts";
import { accountSlo, type SloObjectives } from "./slo.ts";
import { countedUsage } from "./usage.ts";

export interface Books {
  readonly metrics: Metrics;
  readonly receipts: Receipts;
  readonly residuals: Residuals;
  readonly slo: (model: string) => SloObjectives | undefined;
  readonly log: Log;
  readonly clock: Clock;
}

/** Label of a request whose model does not exist or is not known. */
const NO_MODEL = "unknown";

export function account(books: Books, record: RequestRecord, outcome: Outcome): void {
  const now = books.clock.now();
  const model = record.model ?? NO_MODEL;
  const { metrics } = books;
  metrics.requests(model, record.route, outcome, String(record.status)).inc();
  if (outcome === "aborted") metrics.aborts(model, record.phase).inc();
  if (record.legs.length > 0) {
    accountTimes(metrics, record, now);
    accountTokens(metrics, record, outcome);
    accountResiduals(books, record);
  }
  const slo = record.model === undefined ? undefined : books.slo(record.model);
  if (slo !== undefined) accountSlo(metrics, slo, { record, outcome });
  // Refused ones too, with the same bound: "why was my request refused" has its answer by the same id.
  if (record.readAt !== undefined) books.receipts.add(record, outcome);
  logRequest(books.log, record, { outcome, e2eMs: now - record.arrivedAt });
}

function accountTimes(metrics: Metrics, record: RequestRecord, now: number): void {
  const model = record.model ?? NO_MODEL;
  metrics.e2e(model).observe((now - record.arrivedAt) / 1000);
  const { readAt, firstTokenAt } = record;
  const sentAt = record.legs[0]?.sentAt;
  if (readAt === undefined) return;
  if (sentAt !== undefined) metrics.queue(model).observe((sentAt - readAt) / 1000);
  if (record.stream && firstTokenAt !== undefined) metrics.ttft(model).observe((firstTokenAt - readAt) / 1000);
}

function accountTokens(metrics: Metrics, record: RequestRecord, outcome: Outcome): void {
  const served = outcome === "ok" || outcome === "aborted" || outcome === "interrupted";
  if (!served) return;
  const model = record.model ?? NO_MODEL;
  const usage = countedUsage(record);
  if (usage.estimated) metrics.usageEstimated(model).inc();
  if (usage.promptTokens) metrics.tokens(model, "prompt").inc(usage.promptTokens);
  if (usage.cachedTokens) metrics.tokens(model, "cached").inc(usage.cachedTokens);
  if (usage.completionTokens) metrics.tokens(model, "completion").inc(usage.completionTokens);
}

/** Predictions against the truth; unknown truth is left out, never taken for 0. */
function accountResiduals({ metrics, residuals }: Books, record: RequestRecord): void {
  const leg = record.legs.at(-1);
  // A leg that went on in the middle had another prompt and another first token.
  if (leg === undefined || leg.failure !== undefined || leg.continuedAt !== undefined) return;
  const { prediction, worker, sentAt } = leg;
  const cached = record.usage?.cachedTokens;
  if (prediction.known && cached !== undefined) {
    metrics.cachedError(worker).observe(cached - prediction.cachedTokens);
    metrics.cachedPredicted(worker).inc(prediction.cachedTokens);
    metrics.cachedReported(worker).inc(cached);
  }
  if (prediction.ttftMs === undefined || record.firstTokenAt === undefined) return;
  const observedMs = record.firstTokenAt - sentAt;
  metrics.ttftRatio(worker).observe(observedMs / Math.max(prediction.ttftMs, 0.001));
  residuals.ttft(worker, {
    predictedMs: prediction.ttftMs,
    slowdown: prediction.slowdown,
    observedMs,
    tokens: (record.promptTokens ?? 0) - prediction.cachedTokens,
  });
}

function logRequest(log: Log, record: RequestRecord, end: { readonly outcome: Outcome; readonly e2eMs: number }): void {
  const line = {
    requestId: record.id,
    clientRequestId: record.clientRequestId,
    route: record.route,
    model: record.model,
    alias: record.alias,
    adapter: record.adapter,
    tenant: record.client?.tenant,
    keyId: record.client?.keyId,
    worker: record.legs.at(-1)?.worker,
    status: record.status,
    outcome: end.outcome,
    retries: Math.max(0, tries(record) - 1),
    promptTokens: record.usage?.promptTokens ?? record.promptTokens,
    cachedTokens: record.usage?.cachedTokens,
    completionTokens: record.usage?.completionTokens ?? record.tokenEvents,
    ms: tenths(end.e2eMs),
    ...whyThere(record),
  };
  if (end.outcome === "failed" || end.outcome === "interrupted") log.warn(line, "request");
  else log.info(line, "request");
}

/** The receipt is gone after a day or a restart: the line still says why it went there, and where its time went. */
function whyThere({ legs, readAt, stream, firstTokenAt }: RequestRecord): Record<string, unknown> {
  const leg = legs.at(-1);
  if (leg === undefined) return {};
  const { decision, prediction } = leg;
  const sentAt = legs[0]?.sentAt;
  const failures = legs.flatMap(({ worker, failure }) => (failure === undefined ? [] : [`${worker} ${failure}`]));
  return {
    policy: decision.policy,
    reason: decision.reason,
    predictedCachedTokens: prediction.known ? prediction.cachedTokens : undefined,
    predictedTtftMs: tenths(prediction.ttftMs),
    queueMs: readAt === undefined || sentAt === undefined ? undefined : tenths(sentAt - readAt),
    ttftMs: stream && readAt !== undefined && firstTokenAt !== undefined ? tenths(firstTokenAt - readAt) : undefined,
    failures: failures.length === 0 ? undefined : failures,
  };
}

function tenths(ms: number | undefined): number | undefined {
  return ms === undefined ? undefined : Math.round(ms * 10) / 10;
}
