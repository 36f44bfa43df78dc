// A worker as the admin API and the metrics show it: no keys, nothing of any prompt.
import type { Clock } from "../core/index.ts";
import type { Fleet, Worker } from "../fleet/index.ts";
import type { WorkerSample } from "../telemetry/index.ts";
import { wallTime } from "./admin/wall-time.ts";

export function workerView(
  worker: Worker,
  { fleet, clock }: { readonly fleet: Fleet; readonly clock: Clock },
): Record<string, unknown> {
  const { id, deployment, model, role, origin, basePath, labels, state, facts, gauges, maxSequences } = worker;
  return {
    id,
    deployment,
    model,
    role,
    url: origin + basePath,
    labels,
    state,
    breaker: worker.breaker ?? "closed",
    trouble: worker.trouble ?? null,
    facts,
    maxSequences,
    load: worker.ledger.load,
    loadOfAllGateways: worker.ledger.total,
    lastScrape: gauges === undefined ? null : { ...gauges, at: wallTime(gauges.at, clock) },
    mismatches: fleet.mismatches(id),
  };
}

export function workerSample(worker: Worker, slowdown: number): WorkerSample {
  const { id, model, state, gauges, breaker = "closed" } = worker;
  return { ...worker.ledger.load, id, model, state, breaker, kvUsage: gauges?.kvUsage, slowdown };
}
