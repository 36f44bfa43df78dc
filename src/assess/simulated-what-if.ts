// What-if by the simulator: the measured load on today's server, on one with other flags, and on two in three ways.
import { type EngineProfile, loadProfile, type ProfileOverrides } from "../model/index.ts";
import { DEFAULT_WORLD, runScenario, type Scenario, type SimulationResult } from "../simulator/index.ts";
import { shapedTrace, type Trace } from "../workload/index.ts";
import type { Evidence, Slo } from "./evidence.ts";
import { type Tuning, tunings } from "./signals.ts";
import type { WhatIf, WhatIfRow, WhatIfRunner, WhatIfSetUp } from "./what-if.ts";

export interface WhatIfSettings {
  /** Name of the engine profile that stands for today's server. */
  readonly profile: string;
  /** Replayed as it is; without one a load is made from the evidence. */
  readonly trace: Trace | undefined;
  readonly seed: string;
  /** Price of a GPU hour, in any unit. */
  readonly gpuPrice: number | undefined;
}

interface SetUp {
  readonly name: WhatIfSetUp;
  readonly nodes: number;
  readonly policy: string;
  readonly overrides?: ProfileOverrides;
  /** Prefixes are shared: false as long as the server has its prefix cache off. */
  readonly caching: boolean;
  readonly disaggregated?: boolean;
}

const REQUESTS = 1500;
/** A replay is cut to so many: what-if answers in seconds, not hours. */
const MAX_ROWS = 4000;

export function simulatedWhatIf(settings: WhatIfSettings): WhatIfRunner {
  return (evidence, slo) => {
    const load = settings.trace ?? madeLoad(evidence, settings.seed);
    if (load === undefined) return Promise.resolve(NO_LOAD);
    const trace = { ...load, rows: load.rows.slice(0, MAX_ROWS) };
    const rows = setUps(evidence).map((one) => rowOf(one, { ...settings, trace, slo }));
    return Promise.resolve({ ran: true, rows, assumptions: assumptions(settings, evidence, trace) });
  };
}

const NO_LOAD: WhatIf = {
  ran: false,
  why: "what-if was not run: no source tells request rate and lengths of prompts and answers (a recording does)",
};

/** Peaks are what breaks an SLO, so the load is that of the peak. */
function madeLoad(evidence: Evidence, seed: string): Trace | undefined {
  const { requestRate, inputTokens, outputTokens, peakToAverage = 1, prefixReuse = 0 } = evidence;
  if (requestRate === undefined || !(requestRate > 0) || inputTokens === undefined || outputTokens === undefined)
    return undefined;
  return shapedTrace({
    requests: REQUESTS,
    arrivals: { kind: "poisson", ratePerSecond: requestRate * Math.max(1, peakToAverage) },
    inputTokens: Math.max(1, Math.round(inputTokens)),
    outputTokens: Math.max(1, Math.round(outputTokens)),
    spread: 1,
    jitter: 0,
    sharedShare: Math.min(0.95, prefixReuse),
    groups: 16,
    seed,
  });
}

function setUps(evidence: Evidence): readonly SetUp[] {
  const caching = evidence.prefixCaching !== false;
  const flags = tunings(evidence);
  const tuned: SetUp = {
    name: "tuned flags",
    nodes: 1,
    policy: "kv_aware",
    overrides: overridesOf(flags),
    caching: true,
  };
  return [
    { name: "stay", nodes: 1, policy: "kv_aware", caching },
    ...(flags.length > 0 ? [tuned] : []),
    { name: "+1 node round robin", nodes: 2, policy: "round_robin", caching },
    { name: "+1 node kv_aware", nodes: 2, policy: "kv_aware", caching: true },
    { name: "disaggregated", nodes: 2, policy: "kv_aware", caching: true, disaggregated: true },
  ];
}

/** Flags whose value has a place in the profile; prefix caching is in the trace. */
function overridesOf(flags: readonly Tuning[]): ProfileOverrides {
  const value = (name: string): number | undefined => {
    const found = flags.find(({ flag }) => flag.startsWith(`${name} `))?.flag.split(" ")[1];
    return found === undefined ? undefined : Number(found);
  };
  return { maxSequences: value("--max-num-seqs"), gpuMemoryUtilization: value("--gpu-memory-utilization") };
}

interface Run extends WhatIfSettings {
  readonly trace: Trace;
  readonly slo: Slo;
}

function rowOf(setUp: SetUp, run: Run): WhatIfRow {
  const profile = loadProfile(run.profile, setUp.overrides ?? {});
  const result = runScenario(scenarioOf(setUp, profile, run));
  const gpus = profile.gpusPerReplica * setUp.nodes;
  const gpuHours = (gpus * result.summary.durationMs) / 3_600_000;
  const millions = result.workers.reduce((sum, { outputTokens }) => sum + outputTokens, 0) / 1e6;
  const perMillion = millions > 0 ? gpuHours / millions : Number.NaN;
  return {
    setUp: setUp.name,
    goodput: result.summary.goodputFraction,
    ttftP99Ms: result.summary.ttftMs.p99,
    gpus,
    cachedShare: cachedShare(result, setUp.disaggregated ?? false),
    gpuHoursPerMillionTokens: perMillion,
    ...(run.gpuPrice === undefined ? {} : { costPerMillionTokens: perMillion * run.gpuPrice }),
  };
}

function scenarioOf(
  { nodes, policy, caching, disaggregated = false }: SetUp,
  profile: EngineProfile,
  run: Run,
): Scenario {
  const { trace, slo, seed } = run;
  const plain = { ...trace, rows: trace.rows.map((row) => ({ ...row, hashIds: undefined })) };
  return {
    profiles: Array.from({ length: nodes }, () => profile),
    trace: caching ? trace : plain,
    policy,
    speed: 1,
    seed,
    noise: 0,
    stalenessMs: 0,
    concurrency: undefined,
    staggerMs: 0,
    warmUpMs: 0,
    slo: { ttftMs: slo.ttftP99Ms, ...(slo.itlP99Ms === undefined ? {} : { tpotMs: slo.itlP99Ms }) },
    ...(disaggregated ? { world: { ...DEFAULT_WORLD, roles: ["prefill", "decode"] as const } } : {}),
  };
}

/** Prompt tokens that no worker had to compute; under P/D only prefill workers look into their caches. */
function cachedShare({ workers }: SimulationResult, disaggregated: boolean): number | undefined {
  const seen = disaggregated ? workers.slice(0, 1) : workers;
  const requests = seen.reduce((sum, one) => sum + one.requests, 0);
  return requests === 0 ? undefined : seen.reduce((sum, one) => sum + one.hitRate * one.requests, 0) / requests;
}

function assumptions({ profile, trace }: WhatIfSettings, evidence: Evidence, used: Trace): readonly string[] {
  const peak = Math.max(1, evidence.peakToAverage ?? 1);
  const load =
    trace === undefined
      ? `a made load of ${used.rows.length} requests at the peak rate, ${((evidence.requestRate ?? 0) * peak).toFixed(2)}/s, lengths spread as wide as their mean`
      : `the first ${used.rows.length} requests of the recording, at their own times`;
  const reuse = evidence.prefixReuse === undefined ? ["prefix reuse is unknown and taken for none"] : [];
  return [`every node is ${profile}`, load, ...(trace === undefined ? reuse : [])];
}
