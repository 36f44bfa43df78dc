// A metrics page as a busy gateway has it: every metric filled, for a number of workers and models.
import { createMetrics, type Metrics, type WorkerSample } from "../../src/telemetry/index.ts";

const ROUTES = ["/v1/chat/completions", "/v1/completions", "/v1/messages", "/v1/embeddings"] as const;
const OUTCOMES = [
  ["ok", "200"],
  ["rejected", "400"],
  ["rejected", "404"],
  ["upstream_error", "400"],
  ["failed", "503"],
  ["interrupted", "200"],
  ["aborted", "499"],
] as const;
const TENANTS = ["search", "batch"];

export function filledMetrics({ workers, models }: { readonly workers: number; readonly models: number }): Metrics {
  const metrics = createMetrics();
  const names = Array.from({ length: models }, (_, i) => `model-${i}`);
  const ids = Array.from({ length: workers }, (_, i) => `worker-${i}`);
  for (const model of names) fillModel(metrics, model);
  for (const id of ids) fillWorker(metrics, id);
  for (const tenant of TENANTS) fillTenant(metrics, tenant);
  metrics.eventLoopDelay().observe(0.001);
  metrics.unauthorized().inc();
  metrics.renewals("tls", "ok").inc();
  metrics.traceSpans("sent").inc();
  metrics.configReloads("applied").inc();
  metrics.show({
    workers: () => ids.map((id, i) => workerSample(id, names[i % models] ?? "")),
    index: () => ({
      blocks: 1e6,
      bytes: 1e9,
      evictions: 5,
      orphans: 2,
      byWorker: Object.fromEntries(ids.map((id, i) => [id, 10_000 + i])),
    }),
    slo: () =>
      names.flatMap((model) => [
        { model, objective: "ttft", value: 0.5 },
        { model, objective: "itl", value: 0.05 },
        { model, objective: "availability", value: 0.999 },
      ]),
    cluster: () => ({
      cluster: "switchgear",
      member: { members: 3, isLeader: true, isEtcdUp: true, silentMs: 0, unsent: 0, failures: 2 },
      snapshots: { ageMs: 9000, hits: workers, misses: 0 },
    }),
    processes: () => ids.map((id) => ({ id, phase: "running", restarts: 1 })),
    scaling: () =>
      names.map((model) => ({
        pool: `${model}-workers`,
        workers: { desired: 4, ready: 3, starting: 1, draining: 0 },
        alarm: false,
      })),
    migrations: () => [
      {
        plan: "to-fleet",
        phase: "canary",
        step: 3,
        weight: 0.1,
        actual: 0.098,
        held: false,
        detectors: { error: 0.1, ttft: 0.2, timeout: 0, "relative-errors": 0 },
        rates: [{ what: "errors", arm: "candidate", rate: 0.001, high: 0.004 }],
        shadow: { sent: 1000, compared: 990, dropped_inflight: 3 },
      },
    ],
    kvTransfers: () => ids.map((id) => ({ id, stalled: false })),
    admission: () => names.map((model) => ({ model, requests: 12 })),
    tenantBudgets: () => TENANTS.map((tenant) => ({ tenant, unit: "tokens", per: "day", mode: "hard", used: 0.4 })),
    tenantSlo: () => TENANTS.map((tenant) => ({ tenant, availabilityTarget: 0.99 })),
    ledger: () => ({ waiting: 12, lost: 0 }),
    inflight: () => 300,
    bodyBytes: () => 1e6,
    receipts: () => 10_000,
  });
  return metrics;
}

function fillModel(metrics: Metrics, model: string): void {
  for (const route of ROUTES)
    for (const [outcome, status] of OUTCOMES) metrics.requests(model, route, outcome, status).inc(7);
  for (const histogram of [metrics.ttft, metrics.itl, metrics.e2e, metrics.queue, metrics.tokenise])
    histogram(model).observe(0.123);
  for (const kind of ["prompt", "cached", "completion"]) metrics.tokens(model, kind).inc(1000);
  for (const action of ["up", "down", "hold"]) metrics.scalingDecisions(`${model}-workers`, action, "slo").inc();
  metrics.scalingMoved(`${model}-workers`).inc();
  metrics.usageEstimated(model).inc();
  for (const reason of ["connect", "reset", "status_503", "timeout"]) {
    metrics.retries(model, reason).inc();
    metrics.retriesDenied(model, reason).inc();
    metrics.disaggregated(model, "whole", reason).inc();
    metrics.continuations(model, reason).inc();
    metrics.continuationsDenied(model, reason).inc();
  }
  for (const result of ["admitted", "full", "hopeless", "timeout", "left", "preempted"])
    for (const priority of ["interactive", "default", "batch"]) metrics.admissions(model, priority, result).inc();
  for (const phase of ["reading", "deciding", "waiting", "streaming"]) metrics.aborts(model, phase).inc();
  for (const objective of ["ttft", "itl", "availability"])
    for (const met of ["true", "false"]) metrics.sloRequests(model, objective, met).inc();
}

function fillTenant(metrics: Metrics, tenant: string): void {
  for (const [outcome] of OUTCOMES) metrics.tenantRequests(tenant, outcome).inc();
  for (const kind of ["prompt", "cached", "completion"]) metrics.tenantTokens(tenant, kind).inc(1000);
  for (const reason of ["requests", "budget", "full"]) metrics.tenantRejections(tenant, reason).inc();
  metrics.tenantCost(tenant).inc(0.25);
  for (const objective of ["ttft", "itl", "availability"])
    for (const met of ["true", "false"]) metrics.tenantSloRequests(tenant, objective, met).inc();
}

function fillWorker(metrics: Metrics, id: string): void {
  for (const result of ["ok", "failed"]) metrics.adapterLoads(id, result).inc();
  metrics.decision("kv-aware").observe(0.000_05);
  metrics.decisions("kv-aware", id).inc(3);
  metrics.cachedError(id).observe(16);
  metrics.cachedPredicted(id).inc(512);
  metrics.cachedReported(id).inc(528);
  metrics.ttftRatio(id).observe(1.02);
  metrics.breakerChanges(id, "open").inc();
}

function workerSample(id: string, model: string): WorkerSample {
  return {
    id,
    model,
    state: "ready",
    breaker: "closed",
    prefillRequests: 1,
    decodeRequests: 12,
    foreignRequests: 0,
    prefillTokens: 2048,
    contextTokens: 40_000,
    kvUsage: 0.42,
    slowdown: 1.03,
  };
}
