// From options to what is simulated: the workers' profiles, the trace, the policies.
import { readFileSync } from "node:fs";
import { SwitchgearError } from "../core/index.ts";
import { type EngineProfile, loadProfile } from "../model/index.ts";
import type { Scenario } from "../simulator/index.ts";
import { seededRandom } from "../core/index.ts";
import {
  type ArrivalProcess,
  parseTrace,
  shapedTrace,
  syntheticTrace,
  type Trace,
  TRACE_PRESETS,
} from "../workload/index.ts";
import type { Worker } from "../fleet/index.ts";
import type { SimulateOptions } from "./simulate.ts";
import { rolesOf, worldOf } from "./simulate-roles.ts";

/** One scenario a policy. */
export async function simulatedScenarios(options: SimulateOptions): Promise<Scenario[]> {
  const fleet = options.deployment === undefined ? plainFleet(options) : await deployedFleet(options);
  const trace = traceOf(options);
  const world = worldOf(options, fleet.roles);
  if (world !== undefined) checkRoles(world.roles.length, fleet.profiles.length);
  const policies = (options.policy ?? fleet.policy).split(",");
  return policies.map((policy) => ({
    profiles: fleet.profiles,
    world,
    trace,
    policy,
    speed: options.speed,
    seed: options.seed,
    noise: options.noise,
    stalenessMs: options.stalenessMs,
    concurrency: options.concurrency,
    staggerMs: options.staggerMs,
    warmUpMs: options.warmUpMs,
    slo: { ttftMs: options.sloTtftMs, ttftTimesUnloaded: options.sloTtftTimes, tpotMs: options.sloTpotMs },
  }));
}

interface SimulatedFleet {
  readonly profiles: readonly EngineProfile[];
  readonly policy: string;
  /** Of a deployment with pools of several roles. */
  readonly roles?: readonly Worker["role"][];
}

function checkRoles(roles: number, workers: number): void {
  if (roles !== 0 && roles !== workers)
    throw usage("--roles", `${roles} roles`, `one for each of the ${workers} workers`);
}

const DEFAULT_PROFILE = "llama-3.1-70b-h100-tp4-fp8";

function plainFleet(options: SimulateOptions): SimulatedFleet {
  const names = (options.profile ?? DEFAULT_PROFILE).split(",");
  const overrides = {
    maxBatchedTokens: options.batchedTokens,
    maxSequences: options.maxSequences,
    blockSize: options.blockSize,
  };
  const kinds = names.map((name) => loadProfile(name.trim(), overrides));
  const profiles = Array.from({ length: workersOf(options) }, (_, i) => kinds[i % kinds.length]);
  return { profiles: profiles.filter((one) => one !== undefined), policy: "kv_aware" };
}

function workersOf({ workers, roles }: SimulateOptions): number {
  return workers ?? (roles === undefined ? 8 : rolesOf(roles).length);
}

/** All pools' workers, each in its role. */
async function deployedFleet(options: SimulateOptions): Promise<SimulatedFleet> {
  const [{ loadDeployments }, { chooseProfile }] = await Promise.all([
    import("../config/index.ts"),
    import("../app/index.ts"),
  ]);
  const [deployment] = loadDeployments([options.deployment ?? ""]);
  if (deployment === undefined) throw usage("--deployment", options.deployment, "a file with an LLMDeployment");
  const workers = deployment.pools.flatMap((pool) => {
    const { profile } = chooseProfile(deployment, pool);
    return Array.from({ length: options.workers ?? pool.replicas }, () => ({ profile, role: pool.role }));
  });
  const profiles = workers.map(({ profile }) => profile);
  const fleet = { profiles, policy: deployment.routing.algorithm };
  return deployment.strategy === "colocated" ? fleet : { ...fleet, roles: workers.map(({ role }) => role) };
}

function traceOf(options: SimulateOptions): Trace {
  const whole = wholeTrace(options);
  for (const { line, why } of whole.skipped.slice(0, 5))
    process.stderr.write(`${options.trace}:${line}: skipped: ${why}\n`);
  if (whole.skipped.length > 5) process.stderr.write(`${options.trace}: ${whole.skipped.length} rows skipped in all\n`);
  return options.limit === undefined ? whole : { ...whole, rows: whole.rows.slice(0, options.limit) };
}

function wholeTrace(options: SimulateOptions): Trace {
  if (options.trace !== undefined)
    return parseTrace(readTrace(options.trace), { file: options.trace, strict: options.strict });
  if (options.generator !== undefined) return generated(options, options.generator);
  if (options.rate === undefined && options.concurrency === undefined)
    throw usage("--trace", undefined, "--trace, --generator, --rate or --concurrency");
  return shapedTrace({
    requests: options.requests,
    arrivals: arrivalsOf(options),
    inputTokens: options.inputTokens,
    outputTokens: options.outputTokens,
    spread: options.spread,
    jitter: 0,
    sharedShare: options.shared,
    groups: options.groups,
    seed: options.seed,
  });
}

function generated({ requests, seed }: SimulateOptions, name: string): Trace {
  const preset = Object.keys(TRACE_PRESETS).find((one): one is keyof typeof TRACE_PRESETS => one === name);
  if (preset === undefined) throw usage("--generator", name, Object.keys(TRACE_PRESETS).join(", "));
  return syntheticTrace({ preset, requests, random: seededRandom(seed) });
}

function arrivalsOf({ arrivals, rate = 1, burstiness }: SimulateOptions): ArrivalProcess {
  if (arrivals === "poisson" || arrivals === "constant") return { kind: arrivals, ratePerSecond: rate };
  if (arrivals === "gamma") return { kind: "gamma", ratePerSecond: rate, burstiness };
  throw usage("--arrivals", arrivals, "poisson, gamma or constant");
}

function readTrace(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (cause) {
    throw new SwitchgearError("SWG_FILE_UNREADABLE", `The trace ${file} cannot be read.`, { where: file, cause });
  }
}

function usage(where: string, value: string | undefined, expected: string): SwitchgearError {
  return new SwitchgearError("SWG_USAGE", "The simulation is not possible as asked.", { where, value, expected });
}
