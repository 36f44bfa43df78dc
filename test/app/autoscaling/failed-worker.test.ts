// The autoscaler beside a worker whose process ended too often before it ever served.
import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import type { ScaleStatus } from "../../../src/app/index.ts";
import { admin, eventually } from "../api.ts";
import { served } from "../served.ts";
import { PATIENCE_MS } from "./scaled-gateway.ts";

const command = [process.execPath, join(import.meta.dirname, "../launch/odd-vllm.ts")];

test("a worker that ended too often before it served is not waited for, is told, and keeps its place", async () => {
  const workers = {
    endpoints: null,
    engine: "vllm",
    command,
    env: { ODD_VLLM: "dies" },
    minReplicas: 1,
    maxReplicas: 2,
  };
  const spec = {
    launcher: { gpus: { discover: false }, crashLoop: { deaths: 1 } },
    serving: { workers },
    autoscaling: { enabled: true, intervalSeconds: 0.2 },
  };
  const serve = await served({ m: { spec } }, { early: true });
  const status = async (): Promise<ScaleStatus | undefined> =>
    ((await admin(serve, "/admin/v1/scale"))["pools"] as ScaleStatus[])[0];
  await eventually(
    "both that may be tried are down",
    async () => (await status())?.alarm?.includes("ended too often and stays down: m-workers-0, m-workers-1") === true,
    PATIENCE_MS,
  );
  const { current, ready, starting, last } = (await status()) ?? assert.fail();
  assert.deepEqual([current, ready, starting], [2, 0, 0]);
  assert.deepEqual([last?.action, last?.target], ["hold", 0]);
  await serve.stop();
});
