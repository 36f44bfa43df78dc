// A pool is sized by what the tenants of its requests are promised, and each decision tells so: real processes, a simulated worker.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { type ServeProcess, startServe } from "../../../bench/lib/serve-process.ts";
import { replayed, type ScaleRecord } from "../../../src/autoscaling/index.ts";
import { decisionText } from "../../../src/cli/scale-text.ts";
import { deploymentText } from "../../config/deployment-text.ts";
import { eventually } from "../api.ts";

const DEPLOYMENT = deploymentText({
  metadata: { name: "m" },
  spec: {
    model: { name: "m" },
    tokenizer: { source: "builtin" },
    serving: {
      workers: { endpoints: null, engine: "simulated", profile: "llama-3.1-8b-h100-tp1-bf16", replicas: 1, speed: 100 },
    },
    slo: { ttftP99Ms: 5000, itlP99Ms: 50 },
    autoscaling: { enabled: true, dryRun: true, intervalSeconds: 1 },
  },
});

const TENANTS = `---
apiVersion: llm-d.nvidia.com/v1
kind: Tenants
metadata: { name: t }
spec:
  tenants:
    - { name: usual }
    - { name: quick, slo: { ttftP99Ms: 300 } }
`;

let serve: ServeProcess;
before(async () => {
  serve = await startServe(DEPLOYMENT + TENANTS, { onLog: () => undefined });
});
after(() => serve.stop());

async function admin(path: string, body?: object): Promise<unknown> {
  const authorization = `Bearer ${readFileSync(serve.adminTokenFile, "utf8").trim()}`;
  const init = { method: body === undefined ? "GET" : "POST", body: body === undefined ? null : JSON.stringify(body) };
  const headers = { authorization, "content-type": "application/json" };
  return (await fetch(`${serve.admin}/admin/v1${path}`, { headers, ...init })).json();
}

async function ask(tenant: string): Promise<void> {
  const { key } = (await admin("/tenants/keys", { tenant })) as { readonly key: string };
  const headers = { "content-type": "application/json", authorization: `Bearer ${key}` };
  const body = JSON.stringify({ model: "m", max_tokens: 3, messages: [{ role: "user", content: "hi" }] });
  const response = await fetch(`${serve.data}/v1/chat/completions`, { method: "POST", headers, body });
  assert.equal(response.status, 200, await response.text());
}

async function decided(isIt: (record: ScaleRecord) => boolean): Promise<ScaleRecord> {
  let found: ScaleRecord | undefined;
  await eventually("a decision", async () => {
    const { decisions } = (await admin("/scale/m-workers/decisions")) as { decisions: ScaleRecord[] };
    found = decisions.findLast(isIt);
    return found !== undefined;
  });
  assert.ok(found);
  return found;
}

test("the deployment's objectives, until a tenant with its own asks", async () => {
  await ask("usual");
  const before = await decided(({ decision }) => decision.inputs.demand !== undefined);
  assert.deepEqual([before.settings.slo, before.settings.statedSlo], [{ ttftP99Ms: 5000, itlP99Ms: 50 }, undefined]);
  await ask("quick");
  const record = await decided(({ settings }) => settings.statedSlo !== undefined);
  assert.deepEqual(record.settings.slo, { ttftP99Ms: 300, itlP99Ms: 50 });
  assert.equal(replayed(record), undefined, "it can be decided again");
  assert.match(
    decisionText(record),
    /SLO: P99 TTFT 300 ms, ITL 50 ms, of it 0\.9 is used; by its tenants, instead of the deployment's P99 TTFT 5000 ms, ITL 50 ms/,
  );
});
