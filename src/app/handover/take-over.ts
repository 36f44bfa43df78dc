// What a gateway process makes sure of before it takes over the sockets of a running one.
import type { Deployment } from "../../config/index.ts";
import { type Clock, SwitchgearError } from "../../core/index.ts";
import type { Fleet } from "../../fleet/index.ts";
import { whenReady } from "../when-ready.ts";

const READY_LIMIT_MS = 30_000;
/** For the first look at workers that are not there at all. */
const LOOKED_AT_LIMIT_MS = 5000;
const LOOK_MS = 20;

/**
 * Two processes run for a while, so neither may own what there can be only one of. Workers are children of the gateway that started
 * them: they end with it, and their ports are taken until then. A migration plan goes from one to the other on this machine's disk;
 * among several gateways its leader is elected, and two processes of one machine would share what each keeps for itself.
 */
export function refuseUnshareable(deployments: readonly Deployment[], plans: readonly unknown[]): void {
  if (plans.length > 0 && deployments[0]?.gateway.cluster?.enabled === true) {
    throw new SwitchgearError(
      "SWG_HANDOVER_REFUSED",
      "a migration plan is among the files, and several gateways follow it",
      {
        where: "spec.gateway.cluster.enabled",
        expected: "deployments only, or one gateway",
        hint: "stop and start the gateway: the other gateways serve meanwhile",
      },
    );
  }
  for (const { name, pools } of deployments) {
    const started = pools.find(({ workers }) => workers.kind !== "given");
    if (started === undefined) continue;
    throw new SwitchgearError(
      "SWG_HANDOVER_REFUSED",
      `${name} starts its workers itself, and they end with the process that started them`,
      {
        where: `spec.serving.${started.name}`,
        expected: "endpoints",
        hint: "start the workers on their own and name them under endpoints, or stop and start the gateway",
      },
    );
  }
}

/** Whoever accepts a connection must be able to serve it. */
export async function beforeTakeover(fleet: Fleet, clock: Clock): Promise<void> {
  const waiting = await whenReady(fleet, clock, READY_LIMIT_MS);
  if (waiting.length === 0) return lookedAt(fleet, clock);
  throw new SwitchgearError("SWG_HANDOVER_REFUSED", `no worker of ${waiting.join(", ")} is ready`, {
    value: waiting.join(", "),
    expected: `a ready worker of each model within ${READY_LIMIT_MS / 1000} s`,
  });
}

/** Where all of a plan's candidates seem to start, its sessions would go to the other arm for a moment. */
async function lookedAt(fleet: Fleet, clock: Clock): Promise<void> {
  const end = clock.now() + LOOKED_AT_LIMIT_MS;
  while (fleet.workers().some(({ state }) => state === "starting") && clock.now() < end)
    // Nothing else may keep this process alive yet, and timers of the clock do not.
    await new Promise<void>((resolve) => void setTimeout(resolve, LOOK_MS));
}
