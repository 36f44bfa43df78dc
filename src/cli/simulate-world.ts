// From options to what is simulated: the workers' profiles and roles, the trace, the policies.
import { SwitchgearError } from "../core/index.ts";
import type { Deployment } from "../config/index.ts";
import { type EngineProfile, KV_LINKS, loadProfile, type ProfileOverrides } from "../model/index.ts";
import { promisedSpec } from "../routing/index.ts";
import { parseSweep, type Scenario } from "../simulator/index.ts";
import type { Trace } from "../workload/index.ts";
import type { SimulateOptions } from "./simulate.ts";
import { type DeployedPairs, rolesOf, worldOf } from "./simulate-roles.ts";
import { traceOf } from "./simulate-workload.ts";

export interface AskedSimulation {
  /** One a policy. */
  readonly scenarios: readonly Scenario[];
  /** The same file for every seed; what is generated differs with the seed. */
  readonly traceFor: (seed: string) => Trace;
  /** Rows of the trace that could not be read. */
  readonly skippedRows: number;
}

export async function askedSimulation(options: SimulateOptions): Promise<AskedSimulation> {
  refuseIdle(options);
  const fleet = options.deployment === undefined ? plainFleet(options) : await deployedFleet(options);
  const world = worldOf(options, fleet.pairs);
  if (world !== undefined) checkRoles(world.roles.length, fleet.profiles.length);
  const trace = traceOf(options);
  const policies = (options.policy ?? fleet.policy).split(",").map((one) => one.trim());
  const scenarios = policies.map((policy) => ({
    ...options,
    concurrency: options.concurrency,
    shareLoadsMs: options.shareLoadsMs ?? SHARE_LOADS_MS,
    profiles: fleet.profiles,
    world,
    trace,
    policy,
    slo: { ttftMs: options.sloTtftMs, ttftTimesUnloaded: options.sloTtftTimes, tpotMs: options.sloTpotMs },
  }));
  const traceFor = (seed: string): Trace =>
    seed === options.seed || options.trace !== undefined ? trace : traceOf({ ...options, seed });
  return { scenarios, traceFor, skippedRows: trace.skipped.length };
}

/** As the cluster's gateways do. */
const SHARE_LOADS_MS = 100;

/** No option is taken and then ignored. */
function refuseIdle(options: SimulateOptions): void {
  const { staggerMs, startUpBurst, followSessions, gateways, shareLoadsMs } = options;
  if (gateways === 1 && shareLoadsMs !== undefined)
    throw usage("--share-loads-ms", `${shareLoadsMs} ms`, "--gateways 2 or more beside it");
  const sweeps = options.sweep.map((text) => parseSweep(text).key);
  const isClosed = options.concurrency !== undefined || sweeps.includes("concurrency");
  if (options.knee !== undefined) refuseBesideKnee(options);
  refuseIdleClosed(options, isClosed);
  if ((staggerMs > 0 || sweeps.includes("staggerMs")) && !isClosed)
    throw usage("--stagger-ms", `${staggerMs} ms`, "--concurrency beside it: an open loop has no clients");
  if ((startUpBurst > 0 || sweeps.includes("startUpBurst")) && (isClosed || followSessions))
    throw usage("--start-up-burst", String(startUpBurst), "an open loop; in a closed one --stagger-ms 0 is the burst");
}

/** Clients that wait for their answers keep to no times of a trace. */
function refuseIdleClosed(options: SimulateOptions, isClosed: boolean): void {
  const { speed, rate, concurrency, sessions, followSessions, sweep } = options;
  if (isClosed && !followSessions && (speed !== 1 || sweep.some((text) => text.startsWith("speed="))))
    throw usage("--speed", `${speed} in a closed loop`, "no --concurrency beside it, or --follow-sessions");
  if (concurrency !== undefined && rate !== undefined && (sessions === undefined || followSessions))
    throw usage("--rate", `${rate} in a closed loop`, "--rate or --concurrency");
}

/** A search has its own loads, and one seed. */
function refuseBesideKnee(options: SimulateOptions): void {
  const { expectGoodput, seeds, compare, perWorker, concurrency, sweep, warmUpMs } = options;
  const where = "--knee";
  if (warmUpMs > 0 || sweep.some((text) => text.startsWith("warmUpMs=")))
    throw usage("--warm-up-ms", "beside --knee", "--warm-up-requests: of a faster trace less comes after a time");
  if (expectGoodput !== undefined || compare || perWorker || seeds > 1)
    throw usage(where, undefined, "no --expect-goodput, --compare, --per-worker or --seeds beside it");
  if (concurrency !== undefined || sweep.some((text) => /^(speed|concurrency)=/.test(text)))
    throw usage(where, undefined, "an open loop, and no sweep of its load");
}

interface SimulatedFleet {
  readonly profiles: readonly EngineProfile[];
  readonly policy: string;
  /** Of a deployment with pools of several roles. */
  readonly pairs?: DeployedPairs;
}

function checkRoles(roles: number, workers: number): void {
  if (roles !== 0 && roles !== workers)
    throw usage("--roles", `${roles} roles`, `one for each of the ${workers} workers`);
}

const DEFAULT_PROFILE = "llama-3.1-70b-h100-tp4-fp8";

function plainFleet(options: SimulateOptions): SimulatedFleet {
  const names = namesOf(options.profile ?? DEFAULT_PROFILE);
  const kinds = names.map((name) => loadProfile(name, overridesOf(options)));
  const profiles = Array.from({ length: workersOf(options) }, (_, i) => kinds[i % kinds.length]);
  return { profiles: profiles.filter((one) => one !== undefined), policy: "kv_aware" };
}

function namesOf(list: string): readonly string[] {
  return list.split(",").map((name) => name.trim());
}

function overridesOf({ batchedTokens, maxSequences, blockSize }: SimulateOptions): ProfileOverrides {
  return { maxBatchedTokens: batchedTokens, maxSequences, blockSize };
}

function workersOf({ workers, roles }: SimulateOptions): number {
  return workers ?? (roles === undefined ? 8 : rolesOf(roles).length);
}

/** All pools' workers, each in its role. */
async function deployedFleet(options: SimulateOptions): Promise<SimulatedFleet> {
  const [{ loadDeployments, policySpec }, { chooseProfile }] = await Promise.all([
    import("../config/index.ts"),
    import("../app/index.ts"),
  ]);
  const [deployment, ...others] = loadDeployments([options.deployment ?? ""]);
  if (deployment === undefined) throw usage("--deployment", options.deployment, "a file with an LLMDeployment");
  if (others.length > 0)
    process.stderr.write(`note: of ${1 + others.length} deployments the first is simulated, ${deployment.name}\n`);
  if (options.workers !== undefined && deployment.pools.length > 1)
    throw usage("--workers", String(options.workers), "the deployment's own, for it has several pools");
  const names = options.profile === undefined ? [undefined] : namesOf(options.profile);
  const workers = deployment.pools.flatMap((pool) => {
    const kinds = names.map((name) => chooseProfile(deployment, pool, { name, ...overridesOf(options) }));
    for (const { profile, approximate } of kinds) if (approximate) tellStandIn(deployment.model.name, profile.name);
    return Array.from({ length: options.workers ?? pool.replicas }, (_, i) => kinds[i % kinds.length]).flatMap((kind) =>
      kind === undefined ? [] : [{ profile: kind.profile, role: pool.role }],
    );
  });
  const profiles = workers.map(({ profile }) => profile);
  const fleet = { profiles, policy: promisedSpec(policySpec(deployment.routing), deployment.slo) };
  if (deployment.strategy === "colocated") return fleet;
  const roles = workers.map(({ role }) => role);
  return { ...fleet, pairs: { roles, ...pairsOf(deployment) } };
}

function pairsOf({ disaggregation }: Deployment): DeployedPairs {
  if (disaggregation === undefined) return {};
  const { link, rule: pairRule, fallback, leaseSeconds } = disaggregation;
  return { link: KV_LINKS[link], pairRule, fallback, leaseMs: 1000 * leaseSeconds };
}

function tellStandIn(model: string, profile: string): void {
  process.stderr.write(
    `note: there is no profile of ${model}; ${profile} stands in for it (--profile names another)\n`,
  );
}

function usage(where: string, value: string | undefined, expected: string): SwitchgearError {
  return new SwitchgearError("SWG_USAGE", "The simulation is not possible as asked.", { where, value, expected });
}
