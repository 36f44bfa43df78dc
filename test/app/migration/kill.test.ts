// kill -9 of the real gateway in the middle of a migration: it comes back with the same weight, and sessions stay where they were.
import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { call, chat } from "../../gateway/harness.ts";
import type { GatewayProcess } from "../../packaging/gateway-process.ts";
import { eventually } from "../api.ts";
import { gatewayFile, serveFile } from "../gateway-file.ts";
import { fakeVllm } from "../served.ts";
import { streams } from "./migrating.ts";
import { areReady, armsOf, passPreflight, planAdmin } from "./plan-admin.ts";
import { steppingPlan } from "./plan-text.ts";

function arms({ data }: GatewayProcess): Promise<string[]> {
  const port = Number(new URL(data).port);
  return armsOf({ ask: (user) => call({ port }, { body: chat({ model: "m", user }) }) });
}

test("killed in a step, the gateway goes on where it was", async () => {
  const [legacy, candidate] = [await fakeVllm(streams("legacy")), await fakeVllm(streams("candidate"))];
  const file = gatewayFile();
  file.write([candidate.url("m")], {}, steppingPlan(legacy.url("m"), [0.5, 1]));
  const start = () => serveFile(file, ["--state-directory", join(file.folder, "state")]);
  const first = await start();
  const plan = planAdmin(first);
  await eventually("both arms are ready", async () => areReady(await plan.status()));
  assert.equal((await plan.command("start")).status, 200);
  await passPreflight(plan);
  const before = await arms(first);
  process.kill(first.pid, "SIGKILL");
  await first.ended;
  const second = await start();
  const { status } = planAdmin(second);
  await eventually("both arms are ready again", async () => areReady(await status()));
  const { plan: resumed } = await status();
  assert.equal(resumed.phase, "canary");
  assert.equal(resumed.weight, 0.5);
  assert.deepEqual(await arms(second), before);
});
