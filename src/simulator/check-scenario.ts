// Refuses a scenario that cannot be, before anything of it or of others runs.
import { SwitchgearError } from "../core/index.ts";
import { kvBytesPerToken } from "../model/index.ts";
import { unitOf } from "./contents.ts";
import { policyOf } from "../routing/index.ts";
import type { Scenario } from "./scenario.ts";
import type { World } from "./world.ts";

/** Throws SWG_USAGE. */
export function checkScenario(scenario: Scenario): void {
  const { profiles, trace, policy, world, speed } = scenario;
  policyOf(policy);
  unitOf(trace.blockTokens, blockSizeOf(profiles));
  if (world !== undefined) checkWorld(world, profiles);
  const isOpen = scenario.concurrency === undefined && scenario.followSessions !== true;
  const times = trace.rows.map(({ atMs }, i) => (i < (scenario.startUpBurst ?? 0) ? 0 : atMs / speed));
  // When clients send that wait for answers shows only in the run.
  requireCounted(isOpen ? scenario : { ...scenario, warmUpMs: 0 }, times);
}

/** Throws SWG_USAGE when no request of those times counts. */
export function requireCounted({ warmUpMs, ...scenario }: Scenario, times: readonly number[]): void {
  const { warmUpRequests = 0, coolDownRequests = 0 } = scenario;
  const kept = times.slice(warmUpRequests, Math.max(0, times.length - coolDownRequests));
  if (kept.some((plannedAt) => plannedAt >= warmUpMs)) return;
  throw new SwitchgearError("SWG_USAGE", "No request is left to count.", {
    value: `${times.length} requests in ${((times.at(-1) ?? 0) / 1000).toFixed(1)} s`,
    where: "warm-up and cool-down",
    expected: `more than the ${warmUpRequests} + ${coolDownRequests} requests and ${warmUpMs} ms that do not count`,
  });
}

/** Throws SWG_USAGE when they differ. */
export function blockSizeOf(profiles: Scenario["profiles"]): number {
  const sizes = new Set(profiles.map(({ limits }) => limits.blockSize));
  const [size] = sizes;
  if (size !== undefined && sizes.size === 1) return size;
  throw new SwitchgearError("SWG_USAGE", "The simulated workers cannot share one index.", {
    value: [...sizes].join(", "),
    where: "block size",
    expected: "one worker or more, all of one block size",
  });
}

function checkWorld({ roles, failures, coldWorkers }: World, profiles: Scenario["profiles"]): void {
  const last = profiles.length - 1;
  for (const { worker } of failures)
    if (worker > last) throw impossible("failures", `worker ${worker}`, `workers 0 to ${last}`);
  if (coldWorkers > profiles.length)
    throw impossible("cold workers", `${coldWorkers} of ${profiles.length} workers`, `at most ${profiles.length}`);
  if (roles.includes("prefill") !== roles.includes("decode"))
    throw impossible("roles", roles.join(", "), "prefill and decode workers, or neither");
  const layouts = profiles
    .filter((_, i) => roles[i] === "prefill" || roles[i] === "decode")
    .map(({ model, kv }) => `${model.name} in ${kv}, ${kvBytesPerToken(model, kv)} bytes a token`);
  if (new Set(layouts).size > 1)
    throw impossible("KV of pairs", [...new Set(layouts)].join(" and "), "workers that can read each other's KV");
}

function impossible(where: string, value: string, expected: string): SwitchgearError {
  return new SwitchgearError("SWG_USAGE", "The simulated fleet is impossible.", { where, value, expected });
}
