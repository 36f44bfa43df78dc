// spec.gateway.admission of a deployment file, seen at the gateway it is for.
import assert from "node:assert/strict";
import { test } from "node:test";
import { unary } from "../gateway/harness.ts";
import { behind, fakeVllm, served } from "./served.ts";

const admission = (change: Record<string, boolean>) => ({ gateway: { admission: change } });

test("admission: enabled and sloHeader of the file: a first token that cannot come in time is refused, and no worker sees it", async () => {
  const worker = await fakeVllm(unary);
  const on = admission({ enabled: true, sloHeader: true });
  const serve = await served(behind(worker, { on, deaf: admission({ enabled: true }), off: admission({}) }));
  const ask = (model: string): Promise<Response> =>
    fetch(`${serve.dataUrl}/v1/chat/completions`, {
      method: "POST",
      headers: { "content-type": "application/json", "x-slo-ttft-ms": "0.0001" },
      body: JSON.stringify({ model, messages: [{ role: "user", content: "Hello" }] }),
    });
  const refused = await ask("on");
  assert.equal(refused.status, 503);
  assert.ok(Number(refused.headers.get("retry-after")) >= 1);
  for (const model of ["deaf", "off"]) assert.equal((await ask(model)).status, 200);
  assert.deepEqual(
    ["on", "deaf", "off"].map((model) => worker.asked(model).length),
    [0, 1, 1],
  );
});
