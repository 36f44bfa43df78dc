// One log line for each change of a worker's state or breaker, and one for each difference from its deployment.
import type { BreakerPhase, Fleet, Worker, WorkerState } from "../fleet/index.ts";
import type { Log, Metrics } from "../telemetry/index.ts";

export function logWorkers(fleet: Fleet, log: Log, metrics: Pick<Metrics, "breakerChanges">): void {
  const states = new Map<string, WorkerState>();
  const breakers = new Map<string, BreakerPhase>();
  const reported = new Set<string>();

  function followBreaker({ id, breaker = "closed" }: Worker): void {
    const before = breakers.get(id) ?? "closed";
    if (before === breaker) return;
    breakers.set(id, breaker);
    metrics.breakerChanges(id, breaker).inc();
    log.warn({ worker: id, before, breaker }, "circuit breaker");
  }

  function follow(worker: Worker): void {
    const { id, state, trouble } = worker;
    const before = states.get(id) ?? "starting";
    const level = state === "dead" || state === "suspect" ? "warn" : "info";
    if (before !== state) log[level]({ worker: id, before, state, ...whyOf(worker) }, "worker state");
    else if (state === "starting" && trouble !== undefined) log.info({ worker: id, trouble }, "worker is not up yet");
    states.set(id, state);
    followBreaker(worker);
    for (const one of fleet.mismatches(worker.id)) {
      const line = `${worker.id} ${one.field} ${one.found}`;
      if (reported.has(line)) continue;
      reported.add(line);
      log.warn({ worker: worker.id, ...one }, "worker differs from its deployment");
    }
  }

  fleet.onChange(follow);
}

/** A worker that is ready again has none. */
function whyOf({ state, trouble }: Worker): { readonly trouble?: string } {
  return trouble === undefined || state === "ready" ? {} : { trouble };
}
