// A gateway under a migration plan, steered by `switchgear migrate` as a person would.
import { readFileSync } from "node:fs";
import { dirname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { MigrationReport, MigrationStatus } from "../../src/migration/index.ts";
import { type CommandEnd, runCommand } from "./cli-command.ts";
import { type ServeProcess, startServe } from "./serve-process.ts";

export interface SteeredPlan {
  readonly gateway: ServeProcess;
  migrate(action: string, ...options: readonly string[]): Promise<CommandEnd>;
  status(): Promise<MigrationStatus>;
  report(): Promise<MigrationReport>;
  /** Addresses of a deployment's workers. */
  workers(deployment: string): Promise<readonly string[]>;
  /** Calls `seen` with each reading until it is true; throws after `limitMs` with the last status. */
  until(seen: (status: MigrationStatus) => boolean, limitMs: number): Promise<MigrationStatus>;
  stop(): Promise<void>;
}

interface WorkerView {
  readonly deployment: string;
  readonly url: string;
}

export async function steeredPlan(files: readonly string[]): Promise<SteeredPlan> {
  const gateway = await startServe(files);
  const where = ["--admin", gateway.admin, "--state-directory", dirname(gateway.adminTokenFile)];
  const migrate: SteeredPlan["migrate"] = (action, ...options) => runCommand(["migrate", action, ...options, ...where]);
  const token = readFileSync(gateway.adminTokenFile, "utf8").trim();
  const admin = async (path: string): Promise<unknown> => {
    const answer = await fetch(`${gateway.admin}/admin/v1${path}`, { headers: { authorization: `Bearer ${token}` } });
    if (!answer.ok) throw new Error(`${path}: status ${answer.status}: ${await answer.text()}`);
    return answer.json();
  };
  const status = async (): Promise<MigrationStatus> => {
    const [one] = ((await admin("/migrations")) as { readonly migrations: MigrationStatus[] }).migrations;
    if (one === undefined) throw new Error("the gateway has no plan");
    return one;
  };
  return {
    gateway,
    migrate,
    status,
    async report() {
      const { plan } = await status();
      return (await admin(`/migrations/${plan.name}/report`)) as MigrationReport;
    },
    async workers(deployment) {
      const { workers } = (await admin("/workers")) as { readonly workers: readonly WorkerView[] };
      return workers.filter((one) => one.deployment === deployment).map(({ url }) => url);
    },
    async until(seen, limitMs) {
      const end = Date.now() + limitMs;
      for (;;) {
        const now = await status();
        if (seen(now)) return now;
        if (Date.now() > end) throw new Error(`not reached in ${limitMs / 1000} s: ${JSON.stringify(now.plan)}`);
        await sleep(300);
      }
    },
    stop: async () => void (await gateway.stop()),
  };
}
