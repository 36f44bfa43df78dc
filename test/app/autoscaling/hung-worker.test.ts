// A worker whose process hangs: the autoscaler ends it and starts another one. Mostly waiting, so a file of its own beside others.
import assert from "node:assert/strict";
import { test } from "node:test";
import { eventually } from "../api.ts";
import { clients, enginePid, engines, PATIENCE_MS, scaledGateway, settled } from "./scaled-gateway.ts";

test("a worker that stays dead is given up, and another one takes its place", async () => {
  const gateway = await scaledGateway({
    workers: { replicas: 2, minReplicas: 2, maxReplicas: 2 },
    autoscaling: { mode: "manual", startupSeconds: 0.5 },
    more: { launcher: { shutdownTimeoutSeconds: 0 }, gateway: { limits: { firstByteTimeoutMs: 1000 } } },
  });
  await settled(gateway, 2);
  const hung = enginePid(gateway.folder, "m-workers-0");
  process.kill(hung, "SIGSTOP");
  // Requests notice it sooner than the next probe.
  const load = clients(gateway);
  load.run(2);
  await eventually(
    "it is given up",
    async () => (await gateway.decisions()).some(({ applied }) => /m-workers-0 is dead .* given up/.test(applied)),
    PATIENCE_MS,
  );
  await load.stop();
  // It was told to end, and hears it now; that one which never hears is killed is tested with a process alone.
  if (engines(gateway.folder).includes(hung)) process.kill(hung, "SIGCONT");
  await settled(gateway, 2);
  assert.ok(!engines(gateway.folder).includes(hung));
  await gateway.stop();
});
