// Values that are read at scrape time: workers, index, requests in flight.
import type { Registry } from "prom-client";
import { gauge } from "./children.ts";
import { METRICS } from "./metric-table.ts";

export interface WorkerSample {
  readonly id: string;
  readonly model: string;
  readonly state: string;
  readonly prefillRequests: number;
  readonly decodeRequests: number;
  readonly foreignRequests: number;
  readonly prefillTokens: number;
  readonly contextTokens: number;
  readonly kvUsage: number | undefined;
  readonly slowdown: number;
}

export interface IndexSample {
  readonly blocks: number;
  readonly bytes: number;
  readonly evictions: number;
  readonly orphans: number;
  readonly byWorker: Readonly<Record<string, number>>;
}

export interface SloSample {
  readonly model: string;
  readonly objective: string;
  /** Seconds; of availability a share. */
  readonly value: number;
}

/** What the gauges show; the app sets the functions once the parts exist. */
export interface Samples {
  workers(): readonly WorkerSample[];
  index(): IndexSample | undefined;
  slo(): readonly SloSample[];
  inflight(): number;
  bodyBytes(): number;
  receipts(): number;
}

export const NO_SAMPLES: Samples = {
  workers: () => [],
  index: () => undefined,
  slo: () => [],
  inflight: () => 0,
  bodyBytes: () => 0,
  receipts: () => 0,
};

export function registerGauges(registry: Registry, samples: () => Samples): void {
  gauge(METRICS.inflight, registry, (set) => set(samples().inflight()));
  gauge(METRICS.bodyBytes, registry, (set) => set(samples().bodyBytes()));
  gauge(METRICS.receipts, registry, (set) => set(samples().receipts()));
  gauge(METRICS.slo, registry, (set) => {
    for (const one of samples().slo()) if (one.objective !== "availability") set(one.value, one.model, one.objective);
  });
  gauge(METRICS.sloAvailability, registry, (set) => {
    for (const one of samples().slo()) if (one.objective === "availability") set(one.value, one.model);
  });
  registerWorkerGauges(registry, samples);
  registerIndexGauges(registry, samples);
}

function registerWorkerGauges(registry: Registry, samples: () => Samples): void {
  gauge(METRICS.workerState, registry, (set) => {
    for (const worker of samples().workers()) set(1, worker.id, worker.model, worker.state);
  });
  gauge(METRICS.workerRequests, registry, (set) => {
    for (const worker of samples().workers()) {
      set(worker.prefillRequests, worker.id, "prefill");
      set(worker.decodeRequests, worker.id, "decode");
      set(worker.foreignRequests, worker.id, "foreign");
    }
  });
  gauge(METRICS.workerPrefillTokens, registry, (set) => {
    for (const worker of samples().workers()) set(worker.prefillTokens, worker.id);
  });
  gauge(METRICS.workerContextTokens, registry, (set) => {
    for (const worker of samples().workers()) set(worker.contextTokens, worker.id);
  });
  gauge(METRICS.workerKvUsage, registry, (set) => {
    for (const worker of samples().workers()) if (worker.kvUsage !== undefined) set(worker.kvUsage, worker.id);
  });
  gauge(METRICS.workerSlowdown, registry, (set) => {
    for (const worker of samples().workers()) set(worker.slowdown, worker.id);
  });
}

function registerIndexGauges(registry: Registry, samples: () => Samples): void {
  gauge(METRICS.indexBlocks, registry, (set) => set(samples().index()?.blocks ?? 0));
  gauge(METRICS.indexBytes, registry, (set) => set(samples().index()?.bytes ?? 0));
  gauge(METRICS.indexEvictions, registry, (set) => set(samples().index()?.evictions ?? 0));
  gauge(METRICS.indexOrphans, registry, (set) => set(samples().index()?.orphans ?? 0));
  gauge(METRICS.indexEntries, registry, (set) => {
    for (const [worker, count] of Object.entries(samples().index()?.byWorker ?? {})) set(count, worker);
  });
}
