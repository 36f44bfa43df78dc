// Fields of a deployment file as they arrive on the command line of the workers that are started.
import assert from "node:assert/strict";
import { test } from "node:test";
import { chooseProfile } from "../../src/app/choose-profile.ts";
import { startedArgv } from "../../src/app/started-argv.ts";
import { deploymentText, load } from "../config/deployment-text.ts";

function argv(model: object, pool: object): string {
  const workers = { endpoints: null, ...pool };
  const deployment = load(deploymentText({ spec: { model: model as never, serving: { workers } } }));
  const [first] = deployment.pools;
  assert.ok(first);
  const line = startedArgv(
    { deployment, pool: first, profile: chooseProfile(deployment, first).profile.name },
    { http: 9001, events: "ipc:///run/e", replay: "ipc:///run/r" },
  );
  return ` ${line.join(" ")} `;
}

const VLLM: readonly (readonly [string, object, object, string])[] = [
  ["model.name", { name: "org/m" }, {}, "org/m"],
  ["model.dtype", { dtype: "bfloat16" }, {}, "--dtype bfloat16"],
  ["model.tokenizer", { tokenizer: "org/t" }, {}, "--tokenizer org/t"],
  ["model.trustRemoteCode", { trustRemoteCode: true }, {}, "--trust-remote-code"],
  ["model.quantization", { quantization: "fp8" }, {}, "--quantization fp8"],
  ["model.servedNames", { servedNames: ["a", "b"] }, {}, "--served-model-name a b"],
  ["tensorParallelSize", {}, { tensorParallelSize: 4 }, "--tensor-parallel-size 4"],
  ["pipelineParallelSize", {}, { pipelineParallelSize: 2 }, "--pipeline-parallel-size 2"],
  ["maxBatchSize", {}, { maxBatchSize: 64 }, "--max-num-seqs 64"],
  ["maxBatchedTokens", {}, { maxBatchedTokens: 4096 }, "--max-num-batched-tokens 4096"],
  ["maxModelLen", {}, { maxModelLen: 16384 }, "--max-model-len 16384"],
  ["gpuMemoryUtilization", {}, { gpuMemoryUtilization: 0.9 }, "--gpu-memory-utilization 0.9"],
  ["command", {}, { command: ["/opt/vllm", "serve"] }, "/opt/vllm serve"],
  ["args", {}, { args: ["--enforce-eager"] }, "--enforce-eager"],
];

test("fields of model and pool are arguments of the vLLM that is started", () => {
  for (const [field, model, pool, expected] of VLLM) {
    assert.ok(argv(model, pool).includes(` ${expected} `), `${field}: ${argv(model, pool)}`);
    assert.ok(!argv({}, {}).includes(` ${expected} `), `${field} was there without being written`);
  }
});

const SIMULATED: readonly (readonly [string, object, string])[] = [
  ["speed", { speed: 20 }, "--speed 20"],
  ["seed", { seed: 7 }, "--seed 7"],
  ["profile", { profile: "llama-3.1-70b-h200-tp8-fp8" }, "--profile llama-3.1-70b-h200-tp8-fp8"],
  ["pipelineParallelSize", { pipelineParallelSize: 2 }, "--pipeline-parallel-size 2"],
  ["maxBatchSize", { maxBatchSize: 64 }, "--max-num-seqs 64"],
  ["maxBatchedTokens", { maxBatchedTokens: 4096 }, "--max-num-batched-tokens 4096"],
  ["maxModelLen", { maxModelLen: 16384 }, "--max-model-len 16384"],
];

test("fields of a pool are arguments of the simulated engine that is started", () => {
  for (const [field, pool, expected] of SIMULATED) {
    assert.ok(argv({}, { engine: "simulated", ...pool }).includes(` ${expected} `), field);
    assert.ok(!argv({}, { engine: "simulated" }).includes(` ${expected} `), `${field} was there without being written`);
  }
});

test("schedulerDelayFactor reaches no engine", () => {
  for (const engine of ["vllm", "simulated"])
    assert.equal(argv({}, { engine, schedulerDelayFactor: 0.5 }), argv({}, { engine }));
});
