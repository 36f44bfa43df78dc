// The shipped JSON Schema judges like the validator, rules between fields aside.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { test } from "node:test";
import { parse, parseAllDocuments } from "yaml";
import * as z from "zod";
import { deploymentText, diagnosticsOf, poolText } from "./deployment-text.ts";

const ROOT = resolve(import.meta.dirname, "../..");
const SCHEMA = JSON.parse(
  readFileSync(join(ROOT, "schema/llmdeployment.schema.json"), "utf8"),
) as z.core.JSONSchema.JSONSchema;
const schema = z.fromJSONSchema(SCHEMA);

test("the examples pass the JSON Schema", () => {
  const examples = readdirSync(join(ROOT, "examples")).filter((name) => name.endsWith(".yaml"));
  assert.ok(examples.length >= 2);
  for (const name of examples) {
    for (const document of parseAllDocuments(readFileSync(join(ROOT, "examples", name), "utf8"))) {
      assert.deepEqual(schema.safeParse(document.toJS()).error?.issues ?? [], [], name);
    }
  }
});

/** One fault of shape each. */
const FAULTY: Readonly<Record<string, string>> = {
  "wrong apiVersion": deploymentText({ apiVersion: "v1" }),
  "no name": deploymentText({ metadata: { name: null } }),
  "bad name": deploymentText({ metadata: { name: "A_b" } }),
  "unknown top field": deploymentText({ status: {} }),
  "unknown field": deploymentText({ spec: { model: { sauce: "x" } } }),
  "wrong type": poolText({ replicas: "2" }),
  "fraction of a replica": poolText({ replicas: 1.5 }),
  "out of range": poolText({ gpuMemoryUtilization: 1.5 }),
  "zero memory": poolText({ gpuMemoryUtilization: 0 }),
  "unknown engine": poolText({ engine: "sglang" }),
  "unknown profile": poolText({ engine: "simulated", profile: "gpt-2" }),
  "kvEvents without endpoint": poolText({ endpoints: [{ url: "http://a:1", kvEvents: {} }] }),
  "kvEvents true": poolText({ endpoints: [{ url: "http://a:1", kvEvents: true }] }),
  "endpoint without url": poolText({ endpoints: [{}] }),
  "no endpoints": poolText({ endpoints: [] }),
  "port too high": poolText({ basePort: 70_000 }),
  "prefill with bounds": deploymentText({ spec: { serving: { prefill: { minReplicas: 1 } } } }),
  "unknown policy": deploymentText({ spec: { gateway: { workerControls: { priority: "drop" } } } }),
  "availability 1": deploymentText({ spec: { slo: { availabilityTarget: 1 } } }),
  "list for a mapping": deploymentText({ spec: { routing: [] } }),
};

const GOOD: Readonly<Record<string, string>> = {
  smallest: deploymentText(),
  "kvEvents off": poolText({ endpoints: [{ url: "http://a:1", kvEvents: false }] }),
  simulated: poolText({ engine: "simulated", profile: "llama-3.1-8b-h100-tp1-bf16", env: { A: "b" } }),
};

for (const [name, text] of Object.entries(FAULTY)) {
  test(`validator and JSON Schema both refuse: ${name}`, () => {
    assert.ok(diagnosticsOf(text).some((one) => one.severity === "error"));
    assert.equal(schema.safeParse(parse(text)).success, false);
  });
}

for (const [name, text] of Object.entries(GOOD)) {
  test(`validator and JSON Schema both accept: ${name}`, () => {
    assert.deepEqual(diagnosticsOf(text), []);
    assert.equal(schema.safeParse(parse(text)).success, true);
  });
}
