// Fields that must agree with each other.
import assert from "node:assert/strict";
import { test } from "node:test";
import { complaints, deploymentText, diagnosticsOf, poolText } from "./deployment-text.ts";

const POOL = "spec.serving.workers";

test("gpusPerReplica must equal tensorParallelSize × pipelineParallelSize", () => {
  const right = { gpusPerReplica: 8, tensorParallelSize: 4, pipelineParallelSize: 2 };
  assert.deepEqual(complaints(poolText(right)), []);
  const [wrong] = diagnosticsOf(poolText({ ...right, gpusPerReplica: 4 }));
  assert.equal(wrong?.path, `${POOL}.gpusPerReplica`);
  assert.equal(wrong?.expected, "8 = tensorParallelSize 4 × pipelineParallelSize 2");
  assert.deepEqual(complaints(poolText({ gpusPerReplica: 2 })), [
    `${POOL}.gpusPerReplica: is not the GPUs of one worker`,
  ]);
});

test("anything but this apiVersion and kind is refused", () => {
  assert.deepEqual(complaints(deploymentText({ apiVersion: "llm-d.nvidia.com/v2" })), ["apiVersion: is not accepted"]);
  assert.deepEqual(complaints(deploymentText({ kind: "Deployment" })), ["kind: is not accepted"]);
});

test("strategy and pools belong together", () => {
  const pools = (serving: Record<string, string | object | null>) =>
    complaints(deploymentText({ spec: { serving: { workers: null, ...serving } as never } }));
  assert.deepEqual(pools({}), ["spec.serving.workers: pool workers is missing"]);
  assert.deepEqual(pools({ strategy: "disaggregated", prefill: {} }), ["spec.serving.decode: pool decode is missing"]);
  assert.deepEqual(pools({ workers: {}, decode: {} }), ["spec.serving.decode: is no pool of strategy colocated"]);
  assert.deepEqual(pools({ strategy: "disaggregated", prefill: {}, decode: {}, workers: {} }), [
    "spec.serving.workers: is no pool of strategy disaggregated",
  ]);
});

test("settings are those of the algorithm", () => {
  const routing = (algorithm: string, settings: Record<string, number>) =>
    diagnosticsOf(deploymentText({ spec: { routing: { algorithm, settings } } }));
  assert.deepEqual(routing("dynamo", { prefillLoadScale: 32 }), []);
  const [wrong] = routing("dynamo", { prefillLoadScale: 8, prefillScale: 8 });
  assert.equal(wrong?.path, "spec.routing.settings.prefillScale");
  assert.equal(wrong?.expected, "prefillLoadScale, overlapCredit, creditDecay, activeRequestWeight, temperature");
  assert.equal(routing("round_robin", { prefix: 1 })[0]?.expected, "none: it has no settings");
  assert.equal(routing("dynamo", { creditDecay: -1 })[0]?.severity, "error");
});

test("minReplicas ≤ replicas ≤ maxReplicas", () => {
  assert.deepEqual(complaints(poolText({ replicas: 2, minReplicas: 3 })), [`${POOL}.minReplicas: is above replicas`]);
  assert.deepEqual(complaints(poolText({ replicas: 4, maxReplicas: 3 })), [`${POOL}.maxReplicas: is below replicas`]);
  assert.deepEqual(complaints(poolText({ minReplicas: 3, maxReplicas: 2 })), [
    `${POOL}.minReplicas: is above the maximum`,
  ]);
});

test("autoscaling's bounds hold for the pools prefill and decode", () => {
  const spec = (autoscaling: Record<string, number>) => ({
    spec: {
      serving: { strategy: "disaggregated", workers: null, prefill: { replicas: 2 }, decode: { replicas: 6 } },
      autoscaling,
    },
  });
  assert.deepEqual(complaints(deploymentText(spec({ minPrefillReplicas: 1, maxDecodeReplicas: 6 }))), []);
  assert.deepEqual(complaints(deploymentText(spec({ minPrefillReplicas: 3 }))), [
    "spec.autoscaling.minPrefillReplicas: is above replicas",
  ]);
  assert.deepEqual(complaints(deploymentText(spec({ minDecodeReplicas: 9, maxDecodeReplicas: 8 }))), [
    "spec.autoscaling.minDecodeReplicas: is above the maximum",
  ]);
});

test("scaleDownThreshold must be below scaleUpThreshold", () => {
  const autoscaling = { scaleUpThreshold: { gpuUtilization: 0.5 }, scaleDownThreshold: { gpuUtilization: 0.5 } };
  const [wrong, ...more] = diagnosticsOf(deploymentText({ spec: { autoscaling } }));
  assert.deepEqual([wrong?.path, more.length], ["spec.autoscaling.scaleDownThreshold.gpuUtilization", 0]);
});

test("endpoints and what starts workers exclude each other", () => {
  const endpoints = [{ url: "http://a:1" }];
  for (const field of [
    { args: ["--x"] },
    { basePort: 9000 },
    { command: ["v"] },
    { env: { A: "b" } },
    { ports: [1] },
  ]) {
    const [name] = Object.keys(field);
    assert.deepEqual(complaints(poolText({ endpoints, ...field })), [
      `${POOL}.${name}: is for workers started here, but endpoints are given`,
    ]);
  }
  assert.deepEqual(complaints(poolText({ engine: "vllm", speed: 2 })), [
    `${POOL}.speed: is for engine simulated, but the engine is vllm`,
  ]);
  assert.deepEqual(complaints(poolText({ engine: "simulated", command: ["x"] })), [
    `${POOL}.command: is for engine vllm, but the engine is simulated`,
  ]);
});

test("ports: one per replica, and not beside basePort", () => {
  assert.deepEqual(complaints(poolText({ replicas: 2, ports: [9000] })), [`${POOL}.ports: holds 1 ports`]);
  assert.deepEqual(complaints(poolText({ ports: [9000], basePort: 9001 })), [`${POOL}.ports: stands beside basePort`]);
  assert.deepEqual(complaints(poolText({ replicas: 9, basePort: 65_530 })), [`${POOL}.basePort: leaves too few ports`]);
});

test("every port is used once, the gateway's own included", () => {
  assert.deepEqual(complaints(poolText({ replicas: 2, basePort: 8079 })), [
    `${POOL}.basePort: is the port of the gateway too, at t.yaml:5:1`,
  ]);
  const listener = (change: object) => deploymentText({ spec: { gateway: { listener: change as never } } });
  assert.deepEqual(complaints(listener({ port: 8081 })), [
    "spec.gateway.admin.port: is the port of the gateway too, at t.yaml:14:7",
  ]);
  assert.deepEqual(complaints(listener({ port: 8081, host: "10.0.0.9" })), [], "another address");
  assert.deepEqual(complaints(listener({ port: 8081, host: "0.0.0.0" })).length, 1, "all addresses");
  assert.deepEqual(complaints(listener({ port: 0 })), [], "0 is any free port");
  const prometheus = { enabled: false, port: 8080 };
  assert.deepEqual(complaints(deploymentText({ spec: { monitoring: { prometheus } } })), [], "nothing listens");
});

test("a worker's address is HTTP, without credentials, query or /v1, and not the gateway's own", () => {
  const url = (text: string) => complaints(poolText({ endpoints: [{ url: text }] })).map((one) => one.split(": ")[1]);
  assert.deepEqual(url("ftp://h:1"), ["is no HTTP address"]);
  assert.deepEqual(url("h:8000"), ["is no HTTP address"]);
  assert.deepEqual(url("http://u:p@h:1"), ["holds credentials; use keyFrom"]);
  assert.deepEqual(url("http://h:1?x=1"), ["has a query or a fragment"]);
  assert.deepEqual(url("http://h:1/v1"), ["ends with /v1, which every request brings along"]);
  assert.deepEqual(url("http://localhost:8080"), ["is the gateway's own address"]);
  const twice = [{ url: "http://a:1" }, { url: "http://a:1" }];
  assert.deepEqual(complaints(poolText({ endpoints: twice })), [
    `${POOL}.endpoints[1].url: is the same worker as endpoints[0]`,
  ]);
});

test("an endpoint's role is its pool's, or both in a prefill or decode pool", () => {
  assert.deepEqual(complaints(poolText({ endpoints: [{ url: "http://a:1", role: "decode" }] })), [
    `${POOL}.endpoints[0].role: is not possible in pool workers`,
  ]);
  const pool = (role: string, port: number) => ({ endpoints: [{ url: `http://a:${port}`, role }] });
  const serving = { strategy: "disaggregated", workers: null, prefill: pool("both", 1), decode: pool("decode", 2) };
  assert.deepEqual(complaints(deploymentText({ spec: { serving } })), []);
});

test("a key is given once: keyFrom env or file; in the file itself it earns a warning", () => {
  const endpoint = (more: object) => poolText({ endpoints: [{ url: "http://a:1", ...more }] });
  const at = `${POOL}.endpoints[0]`;
  assert.deepEqual(complaints(endpoint({ keyFrom: { env: "A" } })), []);
  assert.deepEqual(complaints(endpoint({ keyFrom: { env: "A", file: "b" } })), [
    `${at}.keyFrom: needs env or file, one of them`,
  ]);
  assert.deepEqual(complaints(endpoint({ key: "k", keyFrom: { env: "A" } })), [`${at}.key: stands beside keyFrom`]);
  const [warned] = diagnosticsOf(endpoint({ key: "k" }));
  assert.deepEqual([warned?.severity, warned?.code, warned?.value], ["warning", "secret-in-file", undefined]);
});

test("keys and ports do not go through args", () => {
  assert.deepEqual(complaints(poolText({ args: ["--api-key=sk", "--port", "1"] })), [
    `${POOL}.args[0]: --api-key is not accepted`,
    `${POOL}.args[1]: --port is not accepted`,
  ]);
});

test("tls needs https", () => {
  const endpoints = [{ url: "http://a:1", tls: { insecure: true } }];
  assert.deepEqual(complaints(poolText({ endpoints })).length, 1);
});

test("a tokenizer's path belongs to source path, an enabled tracing needs an endpoint", () => {
  const of = (spec: object) => complaints(deploymentText({ spec: spec as never }));
  assert.deepEqual(of({ tokenizer: { source: "path" } }), ["spec.tokenizer.path: is missing"]);
  assert.deepEqual(of({ tokenizer: { source: "none", path: "x" } }), [
    "spec.tokenizer.path: is not read with source none",
  ]);
  assert.deepEqual(of({ monitoring: { tracing: { enabled: true } } }), [
    "spec.monitoring.tracing.endpoint: is missing while tracing is enabled",
  ]);
});

test("the address of a collector holds nothing that would be left out", () => {
  const of = (tracing: object) => complaints(deploymentText({ spec: { monitoring: { tracing: tracing as never } } }));
  for (const endpoint of ["http://a:1?x=1", "http://a:1#x", "ftp://a", "http://user:secret@a:1"]) {
    const [said = "", ...more] = of({ endpoint });
    assert.match(said, /^spec\.monitoring\.tracing\.endpoint: (is no HTTP address|has a query|holds credentials)/);
    assert.doesNotMatch(said, /secret/);
    assert.deepEqual(more, []);
  }
  const path = ["spec.monitoring.tracing.endpoint: has a path, which OTLP over gRPC does not send"];
  assert.deepEqual(of({ endpoint: "http://a:4317/otlp" }), path);
  assert.deepEqual(of({ endpoint: "http://a:4317/otlp", protocol: "http" }), []);
  assert.deepEqual(of({ endpoint: "http://a:4318/otlp" }), []);
  assert.deepEqual(of({ endpoint: "http://a:4317/" }), []);
});

test("schedulerDelayFactor is accepted as legacy, with a warning", () => {
  const [warned, ...more] = diagnosticsOf(poolText({ schedulerDelayFactor: 0.5 }));
  assert.deepEqual([warned?.severity, warned?.code, more.length], ["warning", "legacy-field", 0]);
});

test("replicas beside another number of endpoints is reported", () => {
  const [warned] = diagnosticsOf(poolText({ replicas: 3, endpoints: [{ url: "http://a:1" }] }));
  assert.deepEqual([warned?.severity, warned?.code], ["warning", "mismatch"]);
});

test("with minReplicas: 0 a queue whose requests do not wait until a worker has started earns a warning", () => {
  const text = (queueTimeoutMs: number, minReplicas = 0): string =>
    deploymentText({
      spec: {
        serving: {
          workers: {
            endpoints: null,
            engine: "simulated",
            profile: "llama-3.1-8b-h100-tp1-bf16",
            minReplicas,
            replicas: 1,
          },
        },
        autoscaling: { enabled: true, startupSeconds: 60 },
        gateway: { limits: { queueTimeoutMs } },
      },
    });
  const [warned, ...more] = diagnosticsOf(text(59_999));
  assert.deepEqual([warned?.severity, warned?.path, more.length], ["warning", "spec.gateway.limits.queueTimeoutMs", 0]);
  assert.match(String(warned?.expected), /at least 60000, from autoscaling.startupSeconds/);
  assert.deepEqual(diagnosticsOf(text(60_000)), []);
  assert.deepEqual(diagnosticsOf(text(1000, 1)), []);
});
