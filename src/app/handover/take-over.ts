// What a gateway process makes sure of before it takes over the sockets of a running one.
import type { Deployment } from "../../config/index.ts";
import { type Clock, SwitchgearError } from "../../core/index.ts";
import type { Fleet } from "../../fleet/index.ts";
import { whenReady } from "../when-ready.ts";

const READY_LIMIT_MS = 30_000;

/** Workers are children of the gateway that started them: they end with it, and their ports are taken until then. */
export function refuseStarted(deployments: readonly Deployment[]): void {
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
  if (waiting.length === 0) return;
  throw new SwitchgearError("SWG_HANDOVER_REFUSED", `no worker of ${waiting.join(", ")} is ready`, {
    value: waiting.join(", "),
    expected: `a ready worker of each model within ${READY_LIMIT_MS / 1000} s`,
  });
}
