// What `serve` refuses, literally; later releases empty this list.
import assert from "node:assert/strict";
import { resolve } from "node:path";
import { test } from "node:test";
import { ConfigError, loadDeployments, renderDiagnostic, unbuiltFeatures } from "../../src/config/index.ts";
import { deploymentText, load, poolText } from "./deployment-text.ts";

test("nothing that the seed's file enables is refused", () => {
  const file = resolve(import.meta.dirname, "../../examples/seed.yaml");
  assert.deepEqual(loadDeployments([file]).flatMap(unbuiltFeatures), []);
});

test("pipeline parallelism of simulated engines is refused, that of vLLM is not", () => {
  const pool = { tensorParallelSize: 2, pipelineParallelSize: 2 };
  const refused = unbuiltFeatures(load(poolText({ ...pool, engine: "simulated" })));
  assert.deepEqual(
    refused.map(({ path, value }) => [path, value]),
    [["spec.serving.workers.pipelineParallelSize", "2"]],
  );
  assert.deepEqual(unbuiltFeatures(load(poolText({ ...pool, engine: "vllm" }))), []);
});

test("the error for it has its own code, and places survive a changed copy", () => {
  const deployment = load(poolText({ pipelineParallelSize: 2, engine: "simulated" }));
  const copy = { ...deployment, gateway: { ...deployment.gateway } };
  const refused = unbuiltFeatures(copy);
  assert.ok(refused[0] !== undefined && refused[0].line > 1 && refused[0].column > 1);
  assert.equal(new ConfigError(refused).code, "SWG_FEATURE_NOT_BUILT");
});

test("a deployment that enables none of it is not refused", () => {
  assert.deepEqual(unbuiltFeatures(load(deploymentText())), []);
});
