// Every error at once, each with its place, what was found, what was expected and a likely fix.
import assert from "node:assert/strict";
import { test } from "node:test";
import { readDeploymentText, renderDiagnostics } from "../../src/config/index.ts";
import { complaints, deploymentText, diagnosticsOf, poolText } from "./deployment-text.ts";

const MISTAKES = `apiVersion: llm-d.nvidia.com/v1
kind: LLMDeploymnt
metadata:
  name: Bad_Name
spec:
  model:
    name:
    dtype: bfloat
    trustRemoteCode: yes
  serving:
    workers:
      replicas: "2"
      tensorParalelSize: 4
      gpusPerReplica: 4
      max_num_seqs: 99
      gpuMemoryUtilization: 1.5
      engine: simulatd
      minReplicas: 3
      maxReplicas: 2
  autoscaling:
    scaleDownThreshold: {queueDepth: 60}
  routing:
    algorithm: kv-aware
    ttlSeconds: 3
`;

test("all errors at once, each with file, line, column, path, value, expected and did-you-mean", () => {
  const { diagnostics, deployments } = readDeploymentText({ file: "m.yaml", text: MISTAKES });
  assert.equal(deployments.length, 0);
  assert.equal(
    renderDiagnostics(diagnostics),
    `m.yaml:2:7: error: kind: is not accepted, expected LLMDeployment, found "LLMDeploymnt" (did you mean LLMDeployment?)
m.yaml:4:9: error: metadata.name: is not accepted, expected lower-case letters, digits and -, at most 63, beginning and ending with a letter or digit, found "Bad_Name"
m.yaml:7:10: error: spec.model.name: is empty, expected a hub name such as meta-llama/Llama-3.1-70B-Instruct, or a path (give it a value)
m.yaml:8:12: error: spec.model.dtype: is not accepted, expected auto, bfloat16, float16, half, float or float32, found "bfloat" (did you mean bfloat16?)
m.yaml:9:22: error: spec.model.trustRemoteCode: is of the wrong type, expected true or false, found "yes" (write true)
m.yaml:12:17: error: spec.serving.workers.replicas: is of the wrong type, expected a whole number from 1 to 4096, found "2" (remove the quotes)
m.yaml:13:7: error: spec.serving.workers.tensorParalelSize: unknown field (did you mean tensorParallelSize?)
m.yaml:15:7: error: spec.serving.workers.max_num_seqs: unknown field (did you mean maxBatchSize?)
m.yaml:16:29: error: spec.serving.workers.gpuMemoryUtilization: is out of range, expected a number above 0, at most 1, found 1.5
m.yaml:17:15: error: spec.serving.workers.engine: is not accepted, expected vllm or simulated, found "simulatd" (did you mean simulated?)
m.yaml:18:20: error: spec.serving.workers.minReplicas: is above the maximum, expected at most 2, found 3
m.yaml:21:38: error: spec.autoscaling.scaleDownThreshold.queueDepth: is not below scaleUpThreshold, so workers would come and go for ever, expected less than 50, found 60
m.yaml:23:16: error: spec.routing.algorithm: is not accepted, expected round_robin, least_loaded, kv_aware, least_requests, power_of_two, cache_aware, llmd_weighted, llmd_sticky, dynamo or dynamo_tuned, found "kv-aware" (did you mean kv_aware?)
m.yaml:24:5: error: spec.routing.ttlSeconds: unknown field (it belongs at spec.routing.kvCacheIndex.ttlSeconds; check the indentation)`,
  );
});

test("a rule says nothing about a mapping that has a fault of its own", () => {
  // With the key spelt right, gpusPerReplica is right too.
  const wrong = complaints(poolText({ tensorParalelSize: 4, gpusPerReplica: 4 }));
  assert.deepEqual(wrong, ["spec.serving.workers.tensorParalelSize: unknown field"]);
});

test("a fault in one place does not hide a broken rule in another", () => {
  const text = deploymentText({
    metadata: { name: "No Name" },
    spec: { serving: { workers: { gpusPerReplica: 8, tensorParallelSize: 4 } } },
  });
  assert.deepEqual(
    diagnosticsOf(text).map(({ path }) => path),
    ["metadata.name", "spec.serving.workers.gpusPerReplica"],
  );
});

test("the seed's YAML without its indentation: each field is told where it belongs", () => {
  const [first] = diagnosticsOf(
    "apiVersion: llm-d.nvidia.com/v1\nkind: LLMDeployment\nmetadata:\nname: x\nstrategy: colocated\n",
  ).filter(({ path }) => path === "strategy");
  assert.equal(first?.hint, "it belongs at spec.serving.strategy; check the indentation");
});

test("a duration with its unit is told as the number that the field counts; what no number is keeps its error", () => {
  const drain = { graceMs: "10s", timeoutMs: "1.5 min", workerTimeoutMs: "0.0001s" };
  const autoscaling = { intervalSeconds: "500ms", cooldownSeconds: "soon" };
  const found = diagnosticsOf(deploymentText({ spec: { gateway: { drain }, autoscaling } }));
  assert.deepEqual(
    found.map(({ path, code, hint }) => [path.replace(/^.*\./, ""), code, hint]),
    [
      ["graceMs", "wrong-type", "write 10000: the field counts ms"],
      ["timeoutMs", "wrong-type", "write 90000: the field counts ms"],
      ["workerTimeoutMs", "wrong-type", undefined],
      ["intervalSeconds", "wrong-type", "write 0.5: the field counts s"],
      ["cooldownSeconds", "wrong-type", undefined],
    ],
  );
});

test("YAML faults: syntax, tabs, duplicate keys, unknown tags and anchors have their place", () => {
  const codes = (text: string) => diagnosticsOf(text).map(({ code, line, column }) => `${code} ${line}:${column}`);
  assert.deepEqual(
    codes("a: [1, 2\nb: 3\n")
      .slice(0, 1)
      .map((one) => one.split(" ")[0]),
    ["yaml-syntax"],
  );
  assert.deepEqual(codes(`${deploymentText()}metadata: {name: two}\n`), ["duplicate-key 12:1"]);
  const [tab] = diagnosticsOf("spec:\n\tmodel: {}\n");
  assert.deepEqual([tab?.code, tab?.line, tab?.hint], ["yaml-syntax", 2, "indent with spaces"]);
  assert.match(codes("a: *nowhere\n")[0] ?? "", /^yaml-syntax 1:/);
  assert.ok(codes("a: !secret x\n").includes("yaml-syntax 1:4"));
});

test("a faulty document does not hide the next one's faults", () => {
  const text = `a: [1\n---\n${deploymentText({ kind: "Pod" })}`;
  assert.deepEqual([...new Set(diagnosticsOf(text).map(({ code }) => code))], ["yaml-syntax", "bad-value"]);
});

test("an empty file and a file that is no mapping say so", () => {
  assert.deepEqual(complaints(""), [": holds no deployment"]);
  assert.deepEqual(complaints("# nothing\n---\n"), [": holds no deployment"]);
  assert.deepEqual(complaints("- a\n- b\n"), [": is of the wrong type"]);
});

test("a key that is a secret is not printed, whatever is wrong with it", () => {
  const endpoints = (endpoint: Record<string, string | number>) =>
    poolText({ endpoints: [{ url: "http://a:1", ...endpoint }] });
  const faults = [
    endpoints({ key: 31337 }),
    endpoints({ apiKey: "sk-31337" }),
    endpoints({ url: "http://u:sk-31337@h:1" }),
  ];
  for (const text of faults) {
    const said = renderDiagnostics(diagnosticsOf(text));
    assert.match(said, /error/);
    assert.doesNotMatch(said, /31337/);
  }
  assert.doesNotMatch(renderDiagnostics(diagnosticsOf(poolText({ env: { TOKEN: 31337 } }))), /31337/);
});

test("a long value is shortened", () => {
  const [one] = diagnosticsOf(deploymentText({ metadata: { name: "X".repeat(5000) } }));
  assert.ok((one?.value?.length ?? 0) <= 80);
});
