// One pool's autoscaler: looks, decides, records, and changes the workers, once an interval.
import {
  decideScale,
  type Demand,
  NEW_SCALE_STATE,
  type PoolSample,
  type ScaleDecision,
  type ScaleRecord,
  type ScaleState,
  settingsOf,
} from "../../autoscaling/index.ts";
import type { Clock } from "../../core/index.ts";
import type { Worker } from "../../fleet/index.ts";
import type { Log, Metrics } from "../../telemetry/index.ts";
import { servedName } from "../gateway-models.ts";
import type { DecisionLog } from "./decision-log.ts";
import type { DemandReader, Measured } from "./demand-meter.ts";
import type { GpuShares } from "../launch/share-gpus.ts";
import { poolSettings, promisedSettings, statedSlo } from "./pool-settings.ts";
import { hasFailed, type PoolParts, poolWorkers, samplePool, type SampleSources } from "./sample-pool.ts";
import { askedFor, poolName, type SavedCounts, underMode } from "./saved-counts.ts";
import { promisedBy, together, type ToldDemand } from "./shared-demand.ts";
import type { WorkerChanges } from "./worker-changes.ts";

export interface PoolScaler {
  readonly name: string;
  readonly model: string;
  /** When the next decision is due, by the clock. */
  readonly dueAt: number;
  /** Of the last decision; undefined before the first. */
  readonly last: ScaleDecision | undefined;
  readonly alarm: string | undefined;
  readonly workers: readonly Worker[];
  /** Of these, those that ended too often before they ever served. */
  readonly failed: number;
  /** Asked for by a person. */
  readonly manual: number | undefined;
  /** Other gateways use its workers too. */
  readonly isShared: boolean;
  /** Of this gateway's clients in the last whole interval, for the gateway that decides. */
  told(): ToldDemand;
  /** As in force. */
  parts(): PoolParts;
  /** Decides, records and applies. */
  step(): Promise<ScaleRecord>;
  /** What would be decided now; nothing is recorded or changed. */
  dryRun(): ScaleRecord;
  close(): void;
}

export interface PoolScalerOptions extends SampleSources {
  /** As it is in force; a reload may have changed it. */
  readonly parts: () => PoolParts;
  readonly reader: DemandReader;
  readonly changes: WorkerChanges;
  readonly decisions: DecisionLog;
  readonly saved: SavedCounts;
  /** Other pools may need the same GPUs. */
  readonly shares: GpuShares;
  /** What other gateways of the cluster tell of this pool. */
  readonly others: () => readonly ToldDemand[];
  /** Requests of a model that wait in the gateway. */
  readonly queued: (model: string) => number;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
}

interface Weighed {
  readonly record: ScaleRecord;
  readonly state: ScaleState;
}

export function poolScaler(options: PoolScalerOptions): PoolScaler {
  const { parts, reader, clock, log, saved, fleet, decisions } = options;
  const { deployment, pool } = parts();
  const name = poolName(deployment, pool);
  const model = servedName(deployment);
  const deadSince = new Map<string, number>();
  const lack: { text?: string | undefined } = {};
  let state: ScaleState = NEW_SCALE_STATE;
  let last: ScaleDecision | undefined;
  let alarmed: string | undefined;
  let lastTaken: Demand | undefined;
  let dueAt = clock.now() + intervalMs();
  let tail: Promise<unknown> = Promise.resolve();

  function mode(): PoolParts["deployment"]["autoscaling"]["mode"] {
    return parts().deployment.autoscaling.mode;
  }

  function intervalMs(): number {
    return parts().deployment.autoscaling.intervalSeconds * 1000;
  }

  /** Workers that a gateway starts are its own. */
  function isShared(): boolean {
    return parts().pool.workers.kind === "given";
  }

  function told(): ToldDemand {
    if (clock.now() >= dueAt) {
      dueAt = clock.now() + intervalMs();
      lastTaken = reader.take().demand;
    }
    return { demand: lastTaken, queued: options.queued(model), promised: reader.promised(statedSlo(parts())) };
  }

  function weigh(measured: Measured): Weighed {
    const stated = poolSettings(parts().deployment, parts().pool, askedFor(saved.of(name), mode()));
    const others = isShared() ? options.others() : [];
    const queued = others.reduce((sum, one) => sum + one.queued, options.queued(model));
    const demand = together(measured.demand, others);
    const own = { demand: measured.demand, queued, promised: reader.promised(stated.slo) };
    const promised = promisedSettings(stated, promisedBy([own, ...others], stated.slo));
    const settings = options.shares.limited(name, promised, last);
    const sample: PoolSample = { ...samplePool(parts(), options, { ...measured, demand }), queued };
    const decided = decideScale(state, sample, { settings: settingsOf(settings), now: clock.epoch() });
    const record = { pool: name, model, settings, before: state, sample, decision: decided.decision, applied: "" };
    return { record, state: decided.state };
  }

  async function step(): Promise<ScaleRecord> {
    dueAt = clock.now() + intervalMs();
    const before = saved.of(name);
    if (before !== undefined) saved.set(name, underMode(before, mode()));
    const replaced = replaceDead();
    const weighed = weigh(reader.take());
    const { decision } = weighed.record;
    [state, last] = [weighed.state, decision];
    options.metrics.scalingDecisions(name, decision.action, decision.cause).inc();
    const applied = [...replaced, await apply(decision)].join("; ");
    const record = { ...weighed.record, applied };
    decisions.add(record);
    tell(decision, applied);
    return record;
  }

  async function apply({ action, current, target, drain }: ScaleDecision): Promise<string> {
    const now = parts();
    lack.text = undefined;
    if (now.deployment.autoscaling.dryRun) return "nothing is changed: dryRun";
    if (now.pool.workers.kind === "given") return "nothing is changed: the workers are started elsewhere";
    for (const id of drain) options.changes.leave(now, id);
    if (action !== "up") {
      if (action === "down" || saved.of(name) === undefined) save(target);
      return action === "down" ? `draining ${drain.join(", ")}` : "";
    }
    const { ids, lack: why } = await options.changes.start(now, target - current);
    // What could not be started must not keep the next gateway from starting.
    save(current + ids.length);
    lack.text = why && `no further worker can be started: ${why}`;
    return [...(ids.length > 0 ? [`started ${ids.join(", ")}`] : []), ...(lack.text ? [lack.text] : [])].join("; ");
  }

  function save(replicas: number): void {
    saved.set(name, { mode: mode(), ...saved.of(name), replicas });
  }

  /** A process that stays dead holds a place that a living one could have. */
  function replaceDead(): string[] {
    const now = parts();
    const { startupSeconds, dryRun } = now.deployment.autoscaling;
    if (dryRun || now.pool.workers.kind === "given") return [];
    const all = poolWorkers(now, fleet);
    for (const id of deadSince.keys())
      if (!all.some((one) => one.id === id && one.state === "dead")) deadSince.delete(id);
    return all.flatMap(({ id, state: phase }) => {
      if (phase !== "dead") return [];
      const since = deadSince.get(id) ?? clock.now();
      deadSince.set(id, since);
      if (clock.now() - since <= startupSeconds * 1000 || !isStaying(id)) return [];
      options.changes.giveUp(id);
      return [`${id} is dead for ${Math.round(clock.now() - since)} ms and is given up`];
    });
  }

  function isStaying(id: string): boolean {
    return options.roster.specs.some((one) => one.id === id);
  }

  function tell(decision: ScaleDecision, applied: string): void {
    const { action, current, target, reason } = decision;
    if (action !== "hold") log.info({ pool: name, action, current, target, reason, applied }, "autoscaling");
    const alarm = alarmNow();
    if (alarm !== undefined && alarm !== alarmed) log.warn({ pool: name, alarm }, "autoscaling needs a person");
    alarmed = alarm;
  }

  function alarmNow(): string | undefined {
    return [last?.alarm, lack.text].filter((one) => one !== undefined).join("; ") || undefined;
  }

  return {
    name,
    model,
    get dueAt() {
      return dueAt;
    },
    get last() {
      return last;
    },
    get alarm() {
      return alarmNow();
    },
    get workers() {
      return poolWorkers(parts(), fleet);
    },
    get failed() {
      return poolWorkers(parts(), fleet).filter((one) => hasFailed(one, options.processes)).length;
    },
    get isShared() {
      return isShared();
    },
    told,
    parts,
    get manual() {
      return saved.of(name)?.manual;
    },
    // One after another: the next one counts the workers that this one starts.
    step() {
      const done = tail.then(step);
      tail = done.catch(() => undefined);
      return done;
    },
    dryRun: () => ({ ...weigh(reader.look()).record, applied: "nothing is changed: a dry run" }),
    close: () => reader.close(),
  };
}
