// kv_aware against every rival policy at its default and at its best swept setting: what is measured, and how.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { seededRandom } from "../../src/core/index.ts";
import { loadProfile } from "../../src/model/index.ts";
import { findKnee, runScenario, type Scenario, type SimulationResult } from "../../src/simulator/index.ts";
import { parseTrace, syntheticTrace, type Trace } from "../../src/workload/index.ts";
import type { Machine } from "../lib/machine.ts";
import { hardCases, type HardResult, runHardCase } from "./hard-cases.ts";

/** Each rival's settings to sweep; the first of each list is its default. */
export const RIVALS: Readonly<Record<string, readonly string[]>> = {
  kv_aware: ["kv_aware"],
  round_robin: ["round_robin"],
  least_requests: ["least_requests"],
  power_of_two: ["power_of_two"],
  cache_aware: ["cache_aware", "cache_aware:balanceAbsolute=4", "cache_aware:balanceAbsolute=8+cacheThreshold=0.5"],
  llmd_weighted: ["llmd_weighted", "llmd_weighted:prefix=1", "llmd_weighted:prefix=2+queue=1+kv=1"],
  llmd_sticky: ["", ":maxTtftPenaltyMs=1000", ":maxTtftPenaltyMs=4000", ":maxTtftPenaltyMs=8000"].map(
    (setting) => `llmd_sticky${setting}`,
  ),
  dynamo: [1, 2, 4, 8, 16, 32, 64].flatMap((scale) =>
    [0, 1].map((decay) => `dynamo:prefillLoadScale=${scale}${decay === 0 ? "" : "+creditDecay=1"}`),
  ),
};

export interface Setup {
  readonly profile: string;
  readonly workers: number;
  readonly speed: number;
  readonly stalenessMs: number;
  readonly noise: number;
  readonly seeds: number;
}

export interface Quality {
  readonly policy: string;
  /** Means over the seeds. */
  readonly goodput: number;
  readonly lowest: number;
  readonly ratioP99: number;
  readonly ttftMean: number;
  readonly ttftP99: number;
  readonly tpotP99: number;
  readonly hit: number;
}

export interface RivalQuality {
  readonly name: string;
  readonly settings: number;
  readonly byDefault: Quality;
  readonly best: Quality;
  /** Highest speed at which nine tenths of the requests are good, of the best setting. */
  readonly kneeSpeed: number;
}

export interface QualityReport {
  readonly machine: Machine;
  readonly setup: Setup & { readonly trace: string; readonly requests: number };
  readonly rivals: readonly RivalQuality[];
  /** kv_aware by how old the state is. */
  readonly stale: readonly (Quality & { readonly stalenessMs: number })[];
  readonly others: readonly { readonly trace: string; readonly speed: number; readonly rows: readonly Quality[] }[];
  readonly hard: readonly {
    readonly name: string;
    readonly rows: readonly (HardResult & { readonly policy: string })[];
  }[];
}

const DATA = join(import.meta.dirname, "../../../shared/data");
export const CONVERSATION = join(DATA, "mooncake/conversation_trace.jsonl");
/** Traces and loads that no default was looked for on, but for the first two. */
const OTHERS: readonly (readonly [trace: string, file: string, speed: number])[] = [
  ["Mooncake conversation", CONVERSATION, 1],
  ["Mooncake conversation", CONVERSATION, 2],
  ["Azure 2023 conversation", join(DATA, "azure/AzureLLMInferenceTrace_conv.csv"), 11],
  ["Azure 2023 code", join(DATA, "azure/AzureLLMInferenceTrace_code.csv"), 5],
  ["generator conversation", "", 1.5],
];
const SLO = { ttftMs: 5000, ttftTimesUnloaded: 3, tpotMs: 100 };

/** Without the file, what the generator makes of its statistics. */
export function readTrace(file: string): Trace {
  if (file !== "" && existsSync(file)) return parseTrace(readFileSync(file, "utf8"), { file });
  return syntheticTrace({ preset: "conversation", requests: 12_031, random: seededRandom(1) });
}

export function measure(trace: Trace, setup: Setup, policy: string): Quality {
  const runs = Array.from({ length: setup.seeds }, (_, i) => runScenario(scenarioOf(trace, setup, policy, i + 1)));
  const mean = (of: (run: SimulationResult) => number): number =>
    runs.reduce((sum, run) => sum + of(run), 0) / runs.length;
  return {
    policy,
    goodput: mean(({ summary }) => summary.goodputFraction),
    lowest: Math.min(...runs.map(({ summary }) => summary.goodputFraction)),
    ratioP99: mean(({ ttftRatio }) => ttftRatio.p99),
    ttftMean: mean(({ summary }) => summary.ttftMs.mean),
    ttftP99: mean(({ summary }) => summary.ttftMs.p99),
    tpotP99: mean(({ summary }) => summary.tpotMs.p99),
    hit: mean(({ summary }) => summary.hitRate),
  };
}

function scenarioOf(trace: Trace, setup: Setup, policy: string, seed: number): Scenario {
  const profile = loadProfile(setup.profile);
  return {
    profiles: Array.from({ length: setup.workers }, () => profile),
    trace,
    policy,
    speed: setup.speed,
    noise: setup.noise,
    stalenessMs: setup.stalenessMs,
    concurrency: undefined,
    staggerMs: 0,
    warmUpMs: 0,
    slo: SLO,
    seed: String(seed),
  };
}

export function measureRival(trace: Trace, setup: Setup, name: string): RivalQuality {
  const all = (RIVALS[name] ?? []).map((policy) => measure(trace, setup, policy));
  const best = all.reduce((a, b) => (b.goodput > a.goodput ? b : a));
  return {
    name,
    settings: all.length,
    byDefault: all[0] ?? best,
    best,
    kneeSpeed: kneeSpeed(trace, setup, best.policy),
  };
}

/** Mean over the seeds of the highest speed at which 90 % of requests are good. */
export function kneeSpeed(trace: Trace, setup: Setup, policy: string): number {
  const knee = { goodput: 0.9, precision: 0.005, run: runScenario };
  const speeds = Array.from(
    { length: setup.seeds },
    (_, i) => findKnee(scenarioOf(trace, setup, policy, i + 1), knee).speed,
  );
  return speeds.reduce((sum, speed) => sum + speed, 0) / setup.seeds;
}

export function measureStale(trace: Trace, setup: Setup): QualityReport["stale"] {
  return [0, 50, 100].map((stalenessMs) => ({
    ...measure(trace, { ...setup, stalenessMs }, "kv_aware"),
    stalenessMs,
  }));
}

/** One seed each: these are to show where a policy does not hold, not by how much it wins. */
export function measureOthers(setup: Setup, policies: readonly string[]): QualityReport["others"] {
  return OTHERS.filter(([, file]) => file === "" || existsSync(file)).map(([name, file, speed]) => {
    const trace = readTrace(file);
    const rows = policies.map((policy) => measure(trace, { ...setup, speed, seeds: 1 }, policy));
    return { trace: name, speed, rows };
  });
}

export function measureHard({ noise }: Setup, policies: readonly string[]): QualityReport["hard"] {
  return hardCases(120).map((one) => ({
    name: one.name,
    rows: policies.map((policy) => ({
      policy,
      ...runHardCase(one, { policy, noise, stalenessMs: 100, seed: "1" }),
    })),
  }));
}
