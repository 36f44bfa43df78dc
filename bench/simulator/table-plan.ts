// A performance table as examples/tables/*.yaml describe it, and its columns measured by the simulator.
import { z } from "zod";
import { KV_LINKS, type KvLinkName, loadProfile } from "../../src/model/index.ts";
import {
  DEFAULT_WORLD,
  findKnee,
  runScenario,
  type Scenario,
  type SimulationResult,
  type World,
} from "../../src/simulator/index.ts";
import { shapedTrace } from "../../src/workload/index.ts";

const COLUMN = z.strictObject({
  name: z.string(),
  nodes: z.int().min(1),
  requestsPerSecond: z.number().positive(),
  policy: z.string(),
  batchedTokens: z.int().min(1).optional(),
  /** So many of the workers only prefill, all others only decode. */
  prefillWorkers: z.int().min(1).optional(),
  /** When a request is split; default always. */
  pairRule: z.string().default("always"),
});

const WORKLOAD = {
  title: z.string(),
  profile: z.string(),
  workersPerNode: z.int().min(1),
  gpusPerNode: z.int().min(1),
  pricePerGpuHour: z.number().positive(),
  inputTokens: z.int().min(1),
  outputTokens: z.int().min(1),
  spread: z.number().min(0),
  shared: z.number().min(0).max(1),
  groups: z.int().min(1),
  requests: z.int().min(1),
  slo: z.strictObject({ ttftMs: z.number(), tpotMs: z.number() }),
  link: z.enum(Object.keys(KV_LINKS) as [KvLinkName, ...KvLinkName[]]).default("ndr400"),
};

export const TABLE = z.strictObject({ ...WORKLOAD, columns: z.array(COLUMN).min(1) });

/** The introduction's story: one node's load is raised until its P99 is this, then a second node comes. */
export const STORY = z.strictObject({
  ...WORKLOAD,
  quietShare: z.number().positive(),
  peakTtftP99Ms: z.number().positive(),
  columns: z.array(COLUMN.omit({ requestsPerSecond: true })).min(1),
});

export type Table = z.infer<typeof TABLE>;
export type Column = z.infer<typeof COLUMN>;
export type Story = z.infer<typeof STORY>;
export type Workload = Omit<Table, "columns">;

/** Share of requests within the SLO that makes the knee. */
export const GOAL = 0.95;
const WARM_UP_MS = 10_000;
/** The knee is looked for with the first rows: overloaded runs are slow. */
const KNEE_REQUESTS = 3000;

export interface Measured {
  readonly column: Column;
  readonly result: SimulationResult;
  /** Highest rate at which the goal is met. */
  readonly kneePerSecond: number;
}

export function measure(table: Workload, column: Column): Measured {
  const scenario = scenarioOf(table, column);
  return { column, result: runScenario(scenario), kneePerSecond: sloKneeOf(scenario, column) };
}

/** Utilisation is measured against it. */
export function sloKneeOf(scenario: Scenario, column: Column): number {
  const trace = { ...scenario.trace, rows: scenario.trace.rows.slice(0, KNEE_REQUESTS) };
  return kneeOf({ ...scenario, trace, warmUpMs: 0 }, column, { goodput: GOAL, precision: 0.04 });
}

interface Goal {
  readonly goodput: number;
  /** Relative. */
  readonly precision: number;
}

/** Highest rate at which so large a share of the requests meets the scenario's SLO. */
export function kneeOf(scenario: Scenario, { requestsPerSecond }: Column, { goodput, precision }: Goal): number {
  const options = { goodput, precision, run: (one: Scenario) => runScenario(one) };
  return findKnee(scenario, options).speed * requestsPerSecond;
}

export function scenarioOf(table: Workload, column: Column): Scenario {
  const profile = loadProfile(table.profile, { maxBatchedTokens: column.batchedTokens, ...sequences(column) });
  return {
    profiles: Array.from({ length: column.nodes * table.workersPerNode }, () => profile),
    trace: shapedTrace({
      ...table,
      arrivals: { kind: "poisson", ratePerSecond: column.requestsPerSecond },
      jitter: 0,
      sharedShare: table.shared,
      seed: table.title,
    }),
    policy: column.policy,
    speed: 1,
    seed: "1",
    noise: 0.05,
    stalenessMs: 20,
    concurrency: undefined,
    staggerMs: 0,
    warmUpMs: WARM_UP_MS,
    slo: table.slo,
    world: worldOf(table, column),
  };
}

function worldOf({ workersPerNode, link }: Workload, column: Column): World | undefined {
  const { prefillWorkers, nodes, pairRule } = column;
  if (prefillWorkers === undefined) return undefined;
  const roles = Array.from({ length: nodes * workersPerNode }, (_, i) => (i < prefillWorkers ? "prefill" : "decode"));
  return { ...DEFAULT_WORLD, roles, pairRule, link: KV_LINKS[link] };
}

/** vLLM demands a token budget of at least the number of sequences. */
function sequences({ batchedTokens }: Column): { readonly maxSequences?: number } {
  return batchedTokens !== undefined && batchedTokens < 1024 ? { maxSequences: Math.min(256, batchedTokens) } : {};
}
