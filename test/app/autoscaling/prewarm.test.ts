// A worker that joins gets hot prefixes from the gateway, when the deployment asks for it.
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { JsonObject } from "../../config/deployment-text.ts";
import { admin, eventually, workers } from "../api.ts";
import { PATIENCE_MS, type ScaledGateway, scaledGateway, settled, textOf } from "./scaled-gateway.ts";

const PROMPT = "You answer questions about the harbour of a small town, its ships and its tides. ".repeat(12);

test("autoscaling.prewarm.prefixes: a worker that joins has the hottest prefixes before a request brings them", async () => {
  const spec = (prefixes: number): JsonObject => ({ mode: "manual", prewarm: { prefixes } });
  const pool = { replicas: 1, maxReplicas: 2 };
  const gateway = await scaledGateway({ workers: pool, autoscaling: spec(0) });
  await settled(gateway, 1);
  await askThrice(gateway);
  assert.equal(await cachedOnSecond(gateway), 0, "nothing was sent there");

  writeFileSync(join(gateway.folder, "scaled.yaml"), textOf({ workers: pool, autoscaling: spec(2) }));
  assert.match(String((await admin(gateway, "/admin/v1/reload", "POST"))["result"]), /^(applied|unchanged)$/);
  await askThrice(gateway);
  const cached = await cachedOnSecond(gateway, async (url) => {
    const page = async () => (await fetch(`${url}/metrics`)).text();
    await eventually(
      "it was given a prefix",
      async () => /^vllm:prompt_tokens_total\S* [1-9]/m.test(await page()),
      PATIENCE_MS,
    );
  });
  assert.ok(cached > 100, `${cached} tokens`);
  const page = await (await fetch(gateway.metrics)).text();
  const counts = [...page.matchAll(/^switchgear_requests_total\{.*\} (\d+)$/gm)].map(([, count]) => Number(count));
  assert.equal(
    counts.reduce((sum, one) => sum + one, 0),
    6,
    "clients' requests alone are counted",
  );
  await gateway.stop();
});

async function askThrice(gateway: ScaledGateway): Promise<void> {
  for (let i = 0; i < 3; i++) assert.equal((await complete(gateway.data, `${PROMPT} ${i}?`)).status, 200);
}

/** Of the first request that a second worker gets; then that one goes again. */
async function cachedOnSecond(
  gateway: ScaledGateway,
  ready: (url: string) => Promise<void> = async () => undefined,
): Promise<number> {
  assert.equal(await gateway.set(2), 200);
  await settled(gateway, 2);
  const url = (await workers(gateway)).find(({ id }) => id === "m-workers-1")?.url;
  assert.ok(url);
  await ready(url);
  const { usage } = (await (await complete(url, `${PROMPT} mine?`)).json()) as {
    readonly usage: { readonly prompt_tokens_details?: { readonly cached_tokens: number } | null };
  };
  assert.equal(await gateway.set(1), 200);
  await settled(gateway, 1);
  return usage.prompt_tokens_details?.cached_tokens ?? 0;
}

function complete(origin: string, prompt: string): Promise<Response> {
  const body = JSON.stringify({ model: "m", prompt, max_tokens: 1, temperature: 0, ignore_eos: true });
  const headers = { "content-type": "application/json" };
  return fetch(`${origin}/v1/completions`, { method: "POST", headers, body });
}
