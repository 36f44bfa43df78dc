// One worker under test, its proxy before it, and how a fault of the plan is done to it and undone.
import { setTimeout as pause } from "node:timers/promises";
import type { ByteProxy } from "./byte-proxy.ts";
import type { EngineProcess } from "./engine-process.ts";
import type { GatewayProcess } from "./gateway-process.ts";
import type { Fault } from "./plan.ts";

export interface TestedWorker {
  readonly id: string;
  readonly engine: EngineProcess;
  readonly proxy: ByteProxy;
}

const FLAP_MS = 300;
const DRAIN_DEADLINE_MS = 300;

/** Resolves when the worker is well again. */
export async function strike(fault: Fault, worker: TestedWorker, gateway: GatewayProcess): Promise<void> {
  const { strike: how, forMs } = fault;
  const { engine, proxy, id } = worker;
  switch (how.kind) {
    case "kill":
      await engine.kill("SIGKILL");
      await pause(forMs);
      return engine.start();
    case "stop":
      engine.signal("SIGSTOP");
      await pause(forMs);
      return engine.signal("SIGCONT");
    case "drain":
      return restart(worker, gateway, forMs);
    case "wire":
      await proxy.set(how.fault);
      await pause(forMs);
      return proxy.set({ kind: "none" });
    case "engine":
      await engine.faults(how.spec);
      await pause(forMs);
      await engine.faults({});
      // An engine whose process dies takes a second for it.
      if ("engineDeath" in how.spec) await pause(1500);
      return engine.start();
    case "flap":
      for (let left = forMs; left > 0; left -= 2 * FLAP_MS) {
        await engine.faults({ health: "503" });
        await pause(FLAP_MS);
        await engine.faults({});
        await pause(FLAP_MS);
      }
      return;
    case "clock":
      await gateway.jumpClock(how.byMs);
      return;
  }
  throw new Error(`unknown fault of ${id}`);
}

/** As an operator does it: nothing may be lost. */
export async function restart({ id, engine }: TestedWorker, gateway: GatewayProcess, forMs: number): Promise<void> {
  const path = `/admin/v1/workers/${encodeURIComponent(id)}`;
  await gateway.admin("POST", `${path}/drain`, { deadlineMs: DRAIN_DEADLINE_MS });
  const end = performance.now() + 10_000;
  while (performance.now() < end && (await runningOn(gateway, path)) > 0) await pause(50);
  await engine.kill("SIGTERM");
  await pause(Math.min(forMs, 500));
  await engine.start();
  await gateway.admin("POST", `${path}/undrain`);
}

async function runningOn(gateway: GatewayProcess, path: string): Promise<number> {
  const { load } = (await gateway.admin("GET", path)) as { load?: Record<string, number> };
  return (load?.["prefillRequests"] ?? 0) + (load?.["decodeRequests"] ?? 0);
}
