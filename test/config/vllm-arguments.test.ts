// The command line of a vLLM started here carries the fields of the seed's mapping table.
import assert from "node:assert/strict";
import { test } from "node:test";
import { vllmArguments } from "../../src/config/index.ts";
import { deploymentText, load } from "./deployment-text.ts";

function argumentsOf(model: object, pool: object): string {
  const deployment = load(
    deploymentText({ spec: { model: model as never, serving: { workers: { endpoints: null, ...pool } } } }),
  );
  const [first] = deployment.pools;
  assert.ok(first);
  return vllmArguments(deployment, first).join(" ");
}

test("what is not written is left to vLLM", () => {
  assert.equal(argumentsOf({}, {}), "org/model --tensor-parallel-size 1");
});

test("fields of model and pool become vLLM's arguments", () => {
  const model = {
    name: "m",
    dtype: "bfloat16",
    tokenizer: "t",
    trustRemoteCode: true,
    quantization: "fp8",
    servedNames: ["s"],
  };
  const pool = {
    tensorParallelSize: 4,
    pipelineParallelSize: 2,
    maxBatchSize: 64,
    maxBatchedTokens: 8192,
    maxModelLen: 16384,
    gpuMemoryUtilization: 0.9,
    schedulerDelayFactor: 0.5,
    args: ["--enforce-eager"],
  };
  assert.equal(
    argumentsOf(model, pool),
    "m --served-model-name s --dtype bfloat16 --tokenizer t --quantization fp8 --tensor-parallel-size 4 --pipeline-parallel-size 2 --gpu-memory-utilization 0.9 --max-model-len 16384 --max-num-seqs 64 --max-num-batched-tokens 8192 --trust-remote-code --enforce-eager",
  );
});
