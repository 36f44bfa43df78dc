// One decision as it is kept in a file, with all that it was made from, and the same decision made again.
import { loadProfile, type ProfileOverrides, type StepCost, stepCost } from "../model/index.ts";
import { type Decided, decideScale, type ScaleDecision, type ScaleState } from "./decide-scale.ts";
import type { Latency, PoolSample } from "./pool-sample.ts";
import type { ScaleSettings, WorkerCapacity } from "./scale-settings.ts";

export interface ScaleRecord {
  readonly pool: string;
  readonly model: string;
  readonly settings: RecordedSettings;
  readonly before: ScaleState;
  readonly sample: PoolSample;
  readonly decision: ScaleDecision;
  /** What became of it. */
  readonly applied: string;
}

/** Step times are functions: what they are made from is kept. */
export interface RecordedSettings extends Omit<ScaleSettings, "worker"> {
  readonly worker: WorkerNote;
  /** Of the deployment, where `slo` is what tenants are promised instead. */
  readonly statedSlo?: Latency;
}

export interface WorkerNote {
  readonly role: WorkerCapacity["role"];
  readonly profile: string;
  readonly overrides: ProfileOverrides;
  /** Simulated seconds per second; 1 of real workers. */
  readonly speed: number;
}

export function settingsOf(recorded: RecordedSettings): ScaleSettings {
  const { role, profile, overrides, speed } = recorded.worker;
  const known = loadProfile(profile, overrides);
  const worker = { role, cost: faster(stepCost(known), speed), maxSequences: known.limits.maxSequences };
  const { ttftP99Ms, itlP99Ms } = recorded.slo;
  // JSON knows no Infinity: a missing objective comes back as null.
  return { ...recorded, worker, slo: { ttftP99Ms: ttftP99Ms ?? Infinity, itlP99Ms: itlP99Ms ?? Infinity } };
}

/** Undefined when it is the same decision, else the one that comes out now. */
export function replayed({ settings, before, sample, decision }: ScaleRecord): ScaleDecision | undefined {
  const again: Decided = decideScale(before, sample, { settings: settingsOf(settings), now: decision.at });
  return JSON.stringify(again.decision) === JSON.stringify(decision) ? undefined : again.decision;
}

function faster(cost: StepCost, speed: number): StepCost {
  if (speed === 1) return cost;
  return {
    stepMs: (load) => cost.stepMs(load) / speed,
    overheadMs: (promptTokens) => cost.overheadMs(promptTokens) / speed,
    prefillMs: (prefill) => cost.prefillMs(prefill) / speed,
  };
}

/** `bad`: numbers of lines, from 1, that are no decisions; a crash may have cut off the last one. */
export function readScaleRecords(text: string): {
  readonly records: readonly ScaleRecord[];
  readonly bad: readonly number[];
} {
  const bad: number[] = [];
  const records = text.split("\n").flatMap((line, i): ScaleRecord[] => {
    if (line === "") return [];
    const read = parsed(line);
    if (read === undefined) bad.push(i + 1);
    return read === undefined ? [] : [read];
  });
  return { records, bad };
}

function parsed(line: string): ScaleRecord | undefined {
  try {
    const value = JSON.parse(line) as Partial<ScaleRecord>;
    const { pool, settings, before, sample, decision } = value;
    return pool && settings && before && sample && decision ? (value as ScaleRecord) : undefined;
  } catch {
    return undefined;
  }
}
