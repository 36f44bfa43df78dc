// What is known of one pool at this moment, from the fleet's ledgers and scrapes; what is not known stays unknown.
import type { PoolSample, WorkerSeen } from "../../autoscaling/index.ts";
import type { Deployment, Pool } from "../../config/index.ts";
import type { Clock } from "../../core/index.ts";
import type { Fleet, Worker } from "../../fleet/index.ts";
import type { KvIndex } from "../../kvindex/index.ts";
import type { Roster } from "../roster.ts";
import type { WorkerProcesses } from "../worker-processes.ts";
import type { Measured } from "./demand-meter.ts";

export interface PoolParts {
  readonly deployment: Deployment;
  readonly pool: Pool;
}

export interface SampleSources {
  readonly fleet: Fleet;
  readonly roster: Roster;
  readonly index: KvIndex;
  readonly processes: WorkerProcesses;
  readonly clock: Clock;
}

/** Of a pool whose engine has not said. */
const BLOCK_TOKENS = 16;

export function samplePool(parts: PoolParts, sources: SampleSources, measured: Measured): PoolSample {
  const entries = sources.index.stats().byWorker;
  const stay = new Set(sources.roster.specs.map(({ id }) => id));
  const all = poolWorkers(parts, sources.fleet);
  const workers = all.map((worker) => ({
    ...seen(worker, sources, stay.has(worker.id)),
    lossCost: lossCost(worker, entries[worker.id] ?? 0),
  }));
  const running = all.reduce((sum, { ledger: { total } }) => sum + total.prefillRequests + total.decodeRequests, 0);
  return { workers, running, ...measured };
}

/** Those that leave included. */
export function poolWorkers({ deployment, pool }: PoolParts, fleet: Fleet): readonly Worker[] {
  return fleet.workers().filter((one) => one.deployment === deployment.name && isOf(one.id, { deployment, pool }));
}

function isOf(id: string, { deployment, pool }: PoolParts): boolean {
  const prefix = `${deployment.name}-${pool.name}-`;
  return id.startsWith(prefix) && /^\d+$/.test(id.slice(prefix.length));
}

function seen(
  worker: Worker,
  sources: Pick<SampleSources, "clock" | "processes">,
  stays: boolean,
): Omit<WorkerSeen, "lossCost"> {
  const { gauges } = worker;
  const { clock, processes } = sources;
  // A page without the count tells nothing: no zero is made of it.
  const told = gauges?.waiting !== undefined;
  return {
    id: worker.id,
    state: stays ? stateOf(worker, processes) : "draining",
    seenAt: told ? clock.epoch() - (clock.now() - gauges.at) : undefined,
    ...(worker.awaitsScrape === true && { isNew: true }),
    waiting: Math.min(gauges?.waiting ?? 0, mayWait(worker)),
  };
}

/** An idle worker is scraped rarely: none of those that its last page told of may be there any more. */
function mayWait({ ledger: { load, total } }: Worker): number {
  return total.prefillRequests + load.foreignRequests;
}

/** A dead one is started again: it counts as one that starts, until it is given up. */
function stateOf(worker: Worker, processes: SampleSources["processes"]): WorkerSeen["state"] {
  if (worker.state === "draining") return "draining";
  if (hasFailed(worker, processes)) return "failed";
  return worker.state === "starting" || worker.state === "dead" ? "starting" : "ready";
}

/** It never served, and its process is not started again unless a person asks. */
export function hasFailed({ id, state }: Worker, processes: SampleSources["processes"]): boolean {
  return state === "starting" && processes.find(id)?.phase === "crash loop";
}

/** Tokens that others would compute again: of the cached blocks, and of what runs there. */
function lossCost({ facts, ledger }: Worker, entries: number): number {
  return entries * (facts.blockSize ?? BLOCK_TOKENS) + ledger.load.contextTokens;
}
