// Values that are read at scrape time: workers, index, requests in flight.
import { type ClusterSample, registerClusterGauges } from "./cluster-gauges.ts";
import { type ProcessSample, registerLauncherGauges } from "./launcher-gauges.ts";
import { METRICS } from "./metric-table.ts";
import type { MetricsPage } from "./metrics-page.ts";
import { type MigrationSample, registerMigrationGauges } from "./migration-gauges.ts";
import { registerScalingGauges, type ScalingSample } from "./scaling-gauges.ts";
import { NO_TENANT_SAMPLES, registerTenantGauges, type TenantSamples } from "./tenant-gauges.ts";

export interface WorkerSample {
  readonly id: string;
  readonly model: string;
  readonly state: string;
  /** Of its circuit breaker: closed, open, half_open. */
  readonly breaker: string;
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
export interface Samples extends TenantSamples {
  workers(): readonly WorkerSample[];
  index(): IndexSample | undefined;
  slo(): readonly SloSample[];
  kvTransfers(): readonly { readonly id: string; readonly stalled: boolean }[];
  migrations(): readonly MigrationSample[];
  /** Undefined without etcd. */
  cluster(): ClusterSample | undefined;
  scaling(): readonly ScalingSample[];
  /** Worker processes started here. */
  processes(): readonly ProcessSample[];
  admission(): readonly { readonly model: string; readonly requests: number }[];
  inflight(): number;
  bodyBytes(): number;
  receipts(): number;
  /** False after a rejected reload. */
  configCurrent(): boolean;
}

export const NO_SAMPLES: Samples = {
  workers: () => [],
  index: () => undefined,
  slo: () => [],
  kvTransfers: () => [],
  migrations: () => [],
  cluster: () => undefined,
  scaling: () => [],
  processes: () => [],
  admission: () => [],
  ...NO_TENANT_SAMPLES,
  inflight: () => 0,
  bodyBytes: () => 0,
  receipts: () => 0,
  configCurrent: () => true,
};

export function registerGauges(page: MetricsPage, samples: () => Samples): void {
  page.gauge(METRICS.inflight, (set) => set(samples().inflight()));
  page.gauge(METRICS.bodyBytes, (set) => set(samples().bodyBytes()));
  page.gauge(METRICS.receipts, (set) => set(samples().receipts()));
  page.gauge(METRICS.configCurrent, (set) => set(samples().configCurrent() ? 1 : 0));
  page.gauge(METRICS.slo, (set) => {
    for (const one of samples().slo()) if (one.objective !== "availability") set(one.value, one.model, one.objective);
  });
  page.gauge(METRICS.admissionQueue, (set) => {
    for (const { model, requests } of samples().admission()) set(requests, model);
  });
  page.gauge(METRICS.sloAvailability, (set) => {
    for (const one of samples().slo()) if (one.objective === "availability") set(one.value, one.model);
  });
  page.gauge(METRICS.kvTransferStalled, (set) => {
    for (const { id, stalled } of samples().kvTransfers()) set(stalled ? 1 : 0, id);
  });
  registerWorkerGauges(page, samples);
  registerIndexGauges(page, samples);
  registerMigrationGauges(page, () => samples().migrations());
  registerClusterGauges(page, () => samples().cluster());
  registerScalingGauges(page, () => samples().scaling());
  registerTenantGauges(page, samples);
  registerLauncherGauges(page, () => samples().processes());
}

function registerWorkerGauges(page: MetricsPage, samples: () => Samples): void {
  page.gauge(METRICS.workerState, (set) => {
    for (const worker of samples().workers()) set(1, worker.id, worker.model, worker.state);
  });
  page.gauge(METRICS.workerBreaker, (set) => {
    for (const worker of samples().workers()) set(worker.breaker === "closed" ? 0 : 1, worker.id);
  });
  page.gauge(METRICS.workerRequests, (set) => {
    for (const worker of samples().workers()) {
      set(worker.prefillRequests, worker.id, "prefill");
      set(worker.decodeRequests, worker.id, "decode");
      set(worker.foreignRequests, worker.id, "foreign");
    }
  });
  page.gauge(METRICS.workerPrefillTokens, (set) => {
    for (const worker of samples().workers()) set(worker.prefillTokens, worker.id);
  });
  page.gauge(METRICS.workerContextTokens, (set) => {
    for (const worker of samples().workers()) set(worker.contextTokens, worker.id);
  });
  page.gauge(METRICS.workerKvUsage, (set) => {
    for (const worker of samples().workers()) if (worker.kvUsage !== undefined) set(worker.kvUsage, worker.id);
  });
  page.gauge(METRICS.workerSlowdown, (set) => {
    for (const worker of samples().workers()) set(worker.slowdown, worker.id);
  });
}

function registerIndexGauges(page: MetricsPage, samples: () => Samples): void {
  page.gauge(METRICS.indexBlocks, (set) => set(samples().index()?.blocks ?? 0));
  page.gauge(METRICS.indexBytes, (set) => set(samples().index()?.bytes ?? 0));
  page.gauge(METRICS.indexEvictions, (set) => set(samples().index()?.evictions ?? 0));
  page.gauge(METRICS.indexOrphans, (set) => set(samples().index()?.orphans ?? 0));
  page.gauge(METRICS.indexEntries, (set) => {
    for (const [worker, count] of Object.entries(samples().index()?.byWorker ?? {})) set(count, worker);
  });
}
