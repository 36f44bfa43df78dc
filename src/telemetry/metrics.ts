// The metrics of one gateway: typed recorders over a Prometheus registry of its own.
import { Registry } from "prom-client";
import type { Children } from "./children.ts";
import { type Counts, fastCounter as counter } from "./fast-counter.ts";
import { fastHistogram as histogram, type Observes } from "./fast-histogram.ts";
import { NO_SAMPLES, registerGauges, type Samples } from "./gauges.ts";
import { METRICS } from "./metric-table.ts";

export interface Metrics {
  readonly requests: Children<Counts>;
  readonly tokens: Children<Counts>;
  readonly usageEstimated: Children<Counts>;
  readonly retries: Children<Counts>;
  readonly retriesDenied: Children<Counts>;
  readonly aborts: Children<Counts>;
  readonly sloRequests: Children<Counts>;
  readonly decisions: Children<Counts>;
  readonly cachedPredicted: Children<Counts>;
  readonly cachedReported: Children<Counts>;
  /** Seconds. Label values as in the metric table. */
  readonly ttft: Children<Observes>;
  readonly itl: Children<Observes>;
  readonly e2e: Children<Observes>;
  readonly queue: Children<Observes>;
  readonly decision: Children<Observes>;
  readonly tokenise: Children<Observes>;
  readonly ttftRatio: Children<Observes>;
  readonly cachedError: Children<Observes>;
  /** What the gauges read at scrape time. */
  show(samples: Partial<Samples>): void;
  /** The page in Prometheus text format. */
  page(): Promise<string>;
  readonly contentType: string;
}

export function createMetrics(): Metrics {
  const registry = new Registry();
  let samples: Samples = NO_SAMPLES;
  registerGauges(registry, () => samples);
  return {
    requests: counter(METRICS.requests, registry),
    tokens: counter(METRICS.tokens, registry),
    usageEstimated: counter(METRICS.usageEstimated, registry),
    retries: counter(METRICS.retries, registry),
    retriesDenied: counter(METRICS.retriesDenied, registry),
    aborts: counter(METRICS.aborts, registry),
    sloRequests: counter(METRICS.sloRequests, registry),
    decisions: counter(METRICS.decisions, registry),
    cachedPredicted: counter(METRICS.cachedPredicted, registry),
    cachedReported: counter(METRICS.cachedReported, registry),
    ttft: histogram(METRICS.ttft, registry),
    itl: histogram(METRICS.itl, registry),
    e2e: histogram(METRICS.e2e, registry),
    queue: histogram(METRICS.queue, registry),
    decision: histogram(METRICS.decision, registry),
    tokenise: histogram(METRICS.tokenise, registry),
    ttftRatio: histogram(METRICS.ttftRatio, registry),
    cachedError: histogram(METRICS.cachedError, registry),
    show: (more) => {
      samples = { ...samples, ...more };
    },
    page: () => registry.metrics(),
    contentType: registry.contentType,
  };
}
