// One run as it is asked for, and its result: what sweeps, comparisons and the knee finder vary and repeat.
import { seededRandom, SwitchgearError } from "../core/index.ts";
import type { EngineProfile } from "../model/index.ts";
import type { Trace } from "../workload/index.ts";
import { closedLoop, openLoop } from "./arrivals-source.ts";
import { traceContents } from "./contents.ts";
import { policyOf } from "./policy-spec.ts";
import { simulate, type SimulationOptions } from "./simulation.ts";
import type { World } from "./world.ts";
import { type SimulationResult, simulationResult, type SimulationSlo } from "./simulation-result.ts";

export interface Scenario {
  readonly profiles: readonly EngineProfile[];
  readonly trace: Trace;
  /** As `policyOf` reads it. */
  readonly policy: string;
  /** Arrivals come so many times faster than recorded. */
  readonly speed: number;
  readonly seed: string;
  readonly noise: number;
  readonly stalenessMs: number;
  /** Closed loop: so many clients, each with one request at a time; undefined = the trace's own times. */
  readonly concurrency: number | undefined;
  /** Closed loop: the first requests come over so long a time. */
  readonly staggerMs: number;
  readonly warmUpMs: number;
  /** Roles, failures and start-ups. */
  readonly world?: World | undefined;
  readonly slo: SimulationSlo;
}

export function runScenario(scenario: Scenario, progress?: SimulationOptions["progress"]): SimulationResult {
  const { profiles, trace, speed, seed, concurrency, staggerMs } = scenario;
  const policy = policyOf(scenario.policy);
  const planned = traceContents(trace, { blockSize: blockSizeOf(profiles), speed, maxContext: maxContext(profiles) });
  const random = seededRandom(`${seed} clients`);
  const arrivals =
    concurrency === undefined ? openLoop(planned) : closedLoop(planned, { concurrency, staggerMs, random });
  const run = simulate({ ...scenario, policy, arrivals, ...(progress && { progress }) });
  return simulationResult(run, {
    policy: scenario.policy,
    seed,
    slo: scenario.slo,
    warmUpMs: scenario.warmUpMs,
    hasWorld: scenario.world !== undefined,
    profiles: profiles.map(({ name }) => name),
  });
}

function blockSizeOf(profiles: readonly EngineProfile[]): number {
  const sizes = new Set(profiles.map(({ limits }) => limits.blockSize));
  const [size] = sizes;
  if (size !== undefined && sizes.size === 1) return size;
  throw new SwitchgearError("SWG_USAGE", "The simulated workers cannot share one index.", {
    value: [...sizes].join(", "),
    where: "block size",
    expected: "one worker or more, all of one block size",
  });
}

/** What fits the KV cache of every worker. Prompts are cut to it, as the traces are longer than some models. */
function maxContext(profiles: readonly EngineProfile[]): number {
  return Math.min(...profiles.map(({ limits }) => (limits.kvBlocks - 1) * limits.blockSize));
}
