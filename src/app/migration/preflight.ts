// The probe before a migration starts, between one worker of each arm.
import { fetch as undiciFetch, Agent } from "undici";
import type { MigrationConfig } from "../../config/index.ts";
import { connectTls, type Worker } from "../../fleet/index.ts";
import { type ProbeArm, type ProbeResult, runProbe } from "../../migration/index.ts";
import type { PlanArms } from "./plan-arms.ts";

export type Preflight = () => Promise<Pick<ProbeResult, "failures"> & Partial<Pick<ProbeResult, "checks">>>;

export function preflight(config: MigrationConfig, arms: PlanArms): Preflight {
  return async () => {
    const [legacy, candidate] = [arms.legacy.workers()[0], arms.candidate.workers()[0]];
    const absent = [legacy === undefined && "legacy-not-ready", candidate === undefined && "candidate-not-ready"];
    if (legacy === undefined || candidate === undefined) return { failures: absent.filter((one) => one !== false) };
    const agents = [probeAgent(legacy), probeAgent(candidate)] as const;
    try {
      return await runProbe({
        legacy: probeArm(legacy, agents[0]),
        candidate: probeArm(candidate, agents[1]),
        model: arms.legacy.model,
        modelMap: { [arms.legacy.model]: arms.candidate.model },
        timeoutMs: 120_000,
      });
    } finally {
      await Promise.all(agents.map((one) => one.destroy()));
    }
  };
}

function probeAgent(worker: Worker): Agent {
  return new Agent({ connect: { timeout: 1500, ...connectTls(worker) } });
}

function probeArm(worker: Worker, dispatcher: Agent): ProbeArm {
  const authorization = worker.key === undefined ? {} : { authorization: `Bearer ${worker.key}` };
  const withAgent = ((url: string, init: object) => undiciFetch(url, { ...init, dispatcher })) as unknown;
  return {
    url: `${worker.origin}${worker.basePath}`,
    headers: { ...authorization, ...worker.headers },
    fetch: withAgent as typeof fetch,
  };
}
