// The metrics of one gateway: typed recorders and the page that shows them.
import type { Children } from "./children.ts";
import { type Counts, fastCounter as counter } from "./fast-counter.ts";
import { fastHistogram as histogram, type Observes } from "./fast-histogram.ts";
import { NO_SAMPLES, registerGauges, type Samples } from "./gauges.ts";
import { METRICS } from "./metric-table.ts";
import { metricsPage } from "./metrics-page.ts";
import { registerProcess } from "./process-metrics.ts";
import { CONTENT_TYPE } from "./text-format.ts";

export interface Metrics {
  readonly requests: Children<Counts>;
  readonly tokens: Children<Counts>;
  readonly usageEstimated: Children<Counts>;
  readonly retries: Children<Counts>;
  readonly retriesDenied: Children<Counts>;
  readonly adapterLoads: Children<Counts>;
  readonly continuations: Children<Counts>;
  readonly continuationsDenied: Children<Counts>;
  readonly disaggregated: Children<Counts>;
  readonly breakerChanges: Children<Counts>;
  readonly aborts: Children<Counts>;
  readonly sloRequests: Children<Counts>;
  readonly admissions: Children<Counts>;
  readonly tenantRequests: Children<Counts>;
  readonly tenantTokens: Children<Counts>;
  readonly tenantRejections: Children<Counts>;
  readonly tenantCost: Children<Counts>;
  readonly tenantSloRequests: Children<Counts>;
  readonly unauthorized: Children<Counts>;
  readonly renewals: Children<Counts>;
  readonly decisions: Children<Counts>;
  readonly scalingDecisions: Children<Counts>;
  readonly scalingMoved: Children<Counts>;
  readonly traceSpans: Children<Counts>;
  readonly cachedPredicted: Children<Counts>;
  readonly cachedReported: Children<Counts>;
  readonly configReloads: Children<Counts>;
  /** Seconds. Label values as in the metric table. */
  readonly ttft: Children<Observes>;
  readonly itl: Children<Observes>;
  readonly e2e: Children<Observes>;
  readonly queue: Children<Observes>;
  readonly decision: Children<Observes>;
  readonly tokenise: Children<Observes>;
  readonly ttftRatio: Children<Observes>;
  readonly cachedError: Children<Observes>;
  readonly eventLoopDelay: Children<Observes>;
  /** What the gauges read at scrape time. */
  show(samples: Partial<Samples>): void;
  /** The page in Prometheus text format. */
  page(): Promise<string>;
  readonly contentType: string;
}

export function createMetrics(): Metrics {
  let samples: Samples = NO_SAMPLES;
  const page = metricsPage(() =>
    samples.workers === NO_SAMPLES.workers ? undefined : samples.workers().map(({ id }) => id),
  );
  registerGauges(page, () => samples);
  registerProcess(page);
  return {
    requests: counter(METRICS.requests, page),
    tokens: counter(METRICS.tokens, page),
    usageEstimated: counter(METRICS.usageEstimated, page),
    retries: counter(METRICS.retries, page),
    retriesDenied: counter(METRICS.retriesDenied, page),
    adapterLoads: counter(METRICS.adapterLoads, page),
    continuations: counter(METRICS.continuations, page),
    continuationsDenied: counter(METRICS.continuationsDenied, page),
    disaggregated: counter(METRICS.disaggregated, page),
    breakerChanges: counter(METRICS.breakerChanges, page),
    aborts: counter(METRICS.aborts, page),
    sloRequests: counter(METRICS.sloRequests, page),
    admissions: counter(METRICS.admissions, page),
    tenantRequests: counter(METRICS.tenantRequests, page),
    tenantTokens: counter(METRICS.tenantTokens, page),
    tenantRejections: counter(METRICS.tenantRejections, page),
    tenantCost: counter(METRICS.tenantCost, page),
    tenantSloRequests: counter(METRICS.tenantSloRequests, page),
    unauthorized: counter(METRICS.unauthorized, page),
    renewals: counter(METRICS.renewals, page),
    decisions: counter(METRICS.decisions, page),
    scalingDecisions: counter(METRICS.scalingDecisions, page),
    scalingMoved: counter(METRICS.scalingMoved, page),
    traceSpans: counter(METRICS.traceSpans, page),
    cachedPredicted: counter(METRICS.cachedPredicted, page),
    cachedReported: counter(METRICS.cachedReported, page),
    configReloads: counter(METRICS.configReloads, page),
    ttft: histogram(METRICS.ttft, page),
    itl: histogram(METRICS.itl, page),
    e2e: histogram(METRICS.e2e, page),
    queue: histogram(METRICS.queue, page),
    decision: histogram(METRICS.decision, page),
    tokenise: histogram(METRICS.tokenise, page),
    ttftRatio: histogram(METRICS.ttftRatio, page),
    cachedError: histogram(METRICS.cachedError, page),
    eventLoopDelay: histogram(METRICS.eventLoopDelay, page),
    show: (more) => {
      samples = { ...samples, ...more };
    },
    page: () => Promise.resolve(page.text()),
    contentType: CONTENT_TYPE,
  };
}
