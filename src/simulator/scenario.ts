// One run as it is asked for, and its result: what sweeps, comparisons and the knee finder vary and repeat.
import { seededRandom } from "../core/index.ts";
import type { EngineProfile } from "../model/index.ts";
import { jitterLengths, type Trace, type TraceRow } from "../workload/offline.ts";
import { type ArrivalSource, closedLoop, openLoop } from "./arrivals-source.ts";
import { type PlannedSimulation, traceContents } from "./contents.ts";
import { blockSizeOf, requireCounted } from "./check-scenario.ts";
import type { SimulatedGateways } from "./gateways.ts";
import { policyOf } from "../routing/index.ts";
import { sessionLoop } from "./session-loop.ts";
import { simulationSteps, type Steps, toTheEnd } from "./simulation.ts";
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
  /** A turn of a session waits for the answer to the turn before it; with `concurrency`: so many sessions at once. */
  readonly followSessions?: boolean;
  /** Open loop: so many of the first requests come at time 0. */
  readonly startUpBurst?: number;
  /** Lengths are uniform within ± this share of the trace's. */
  readonly jitter?: number;
  /** Requests that are simulated and not counted: all before this time, so many of the first, so many of the last. */
  readonly warmUpMs: number;
  readonly warmUpRequests?: number;
  readonly coolDownRequests?: number;
  /** Roles, failures and start-ups. */
  readonly world?: World | undefined;
  /** So many gateways, each with its own knowledge. Default 1. */
  readonly gateways?: number;
  /** They tell each other so often what they have in flight; 0 = never. */
  readonly shareLoadsMs?: number;
  readonly slo: SimulationSlo;
}

export function runScenario(scenario: Scenario): SimulationResult {
  return toTheEnd(scenarioSteps(scenario));
}

export function* scenarioSteps(scenario: Scenario): Steps<SimulationResult> {
  const { profiles, speed, seed } = scenario;
  const policy = policyOf(scenario.policy);
  const trace = jitterLengths(scenario.trace, scenario.jitter ?? 0, seed);
  const planned = traceContents(trace, { blockSize: blockSizeOf(profiles), speed, maxContext: maxContext(profiles) });
  const run = yield* simulationSteps({
    ...scenario,
    policy,
    arrivals: arrivalsOf(scenario, planned),
    gateways: gatewaysOf(scenario),
  });
  if (!run.interrupted)
    requireCounted(
      scenario,
      run.requests.map(({ plannedAt }) => plannedAt),
    );
  return simulationResult(run, {
    ...scenario,
    cut: planned.filter(({ content, outputTokens }, i) => isCut(trace.rows[i], content.tokens, outputTokens)).length,
    hasWorld: scenario.world !== undefined,
    profiles: profiles.map(({ name }) => name),
  });
}

function gatewaysOf({ policy, gateways = 1, shareLoadsMs = 0 }: Scenario): SimulatedGateways | undefined {
  if (gateways === 1) return undefined;
  const policies = Array.from({ length: gateways }, () => policyOf(policy));
  return { policies, shareEveryMs: shareLoadsMs === 0 ? undefined : shareLoadsMs };
}

function arrivalsOf(scenario: Scenario, planned: readonly PlannedSimulation[]): ArrivalSource {
  const { seed, concurrency, staggerMs, followSessions = false, startUpBurst = 0 } = scenario;
  const random = seededRandom(`${seed} clients`);
  if (followSessions) return sessionLoop(planned, { concurrency, staggerMs, random });
  if (concurrency !== undefined) return closedLoop(planned, { concurrency, staggerMs, random });
  return openLoop(
    startUpBurst === 0 ? planned : planned.map((one, i) => (i < startUpBurst ? { ...one, atMs: 0 } : one)),
  );
}

function isCut(row: TraceRow | undefined, inputTokens: number, outputTokens: number): boolean {
  return row !== undefined && (inputTokens < row.inputTokens || outputTokens < row.outputTokens);
}

/** What fits the KV cache of every worker. Prompts are cut to it, as the traces are longer than some models. */
function maxContext(profiles: readonly EngineProfile[]): number {
  return Math.min(...profiles.map(({ limits }) => (limits.kvBlocks - 1) * limits.blockSize));
}
