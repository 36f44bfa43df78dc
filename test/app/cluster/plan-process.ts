// Gateways of one cluster as processes of their own, each with the plan `move`: paused, killed and started again by tests.
import { join } from "node:path";
import { type Answer, call, chat } from "../../gateway/harness.ts";
import type { GatewayProcess } from "../../packaging/gateway-process.ts";
import { eventually } from "../api.ts";
import { gatewayFile, serveFile } from "../gateway-file.ts";
import { areReady, type PlanAdmin, planAdmin } from "../migration/plan-admin.ts";
import { steppingPlan } from "../migration/plan-text.ts";
import type { FakeVllm } from "../served.ts";

export interface PlanProcess extends PlanAdmin, Pick<GatewayProcess, "pid"> {
  ask(user: string): Promise<Answer>;
  kill(): Promise<void>;
}

export interface PlanProcessOptions {
  /** Of the cluster. */
  readonly name: string;
  readonly endpoints: readonly string[];
  readonly legacy: FakeVllm;
  readonly candidate: FakeVllm;
}

export async function planProcess({ name, endpoints, legacy, candidate }: PlanProcessOptions): Promise<PlanProcess> {
  const file = gatewayFile();
  const gateway = { cluster: { name, etcd: { endpoints: [...endpoints] } } };
  file.write([candidate.url("m")], { gateway }, steppingPlan(legacy.url("m"), [0.5, 0.8, 1]));
  const { pid, data, ended, ...open } = await serveFile(file, [
    "--cluster",
    "--state-directory",
    join(file.folder, "state"),
  ]);
  const port = Number(new URL(data).port);
  const plan = planAdmin(open);
  await eventually("both arms are ready", async () => areReady(await plan.status()), 10_000);
  return {
    ...plan,
    pid,
    ask: (user) => call({ port }, { body: chat({ model: "m", user }) }),
    async kill() {
      process.kill(pid, "SIGKILL");
      await ended;
    },
  };
}
