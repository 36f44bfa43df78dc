// Files become deployments that are total and frozen; what a field means shows in them.
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { test } from "node:test";
import { ConfigError, loadDeployments, readDeployments } from "../../src/config/index.ts";
import { deploymentText, type JsonObject, load, poolText } from "./deployment-text.ts";

const EXAMPLES = resolve(import.meta.dirname, "../../examples");

test("the whole YAML of the seed is accepted", () => {
  const [seed] = loadDeployments([join(EXAMPLES, "seed.yaml")]);
  assert.ok(seed);
  assert.equal(seed.name, "llama-70b-production");
  assert.deepEqual(
    seed.pools.map(({ name, role, replicas, minReplicas, maxReplicas }) => [
      name,
      role,
      replicas,
      minReplicas,
      maxReplicas,
    ]),
    [
      ["prefill", "prefill", 2, 1, 4],
      ["decode", "decode", 6, 2, 12],
    ],
  );
  assert.deepEqual(seed.autoscaling.scaleUpThreshold, { gpuUtilization: 0.8, queueDepth: 50 });
  assert.deepEqual(seed.slo, { ttftP99Ms: 500, itlP99Ms: 50, availabilityTarget: 0.999 });
  assert.equal(seed.monitoring.tracing.endpoint, "http://jaeger:4317");
});

test("examples/seed.yaml has each line of the seed, in order", { skip: !seedText() && "no seed here" }, () => {
  const inSeed = seedText() ?? "";
  const begin = inSeed.indexOf("# llm-d configuration");
  const block = inSeed.slice(begin, inSeed.indexOf("Step-by-Step Migration", begin)).trim().split("\n");
  const ours = readFileSync(join(EXAMPLES, "seed.yaml"), "utf8").trim().split("\n");
  assert.deepEqual(
    ours.map((line) => line.trim()),
    block.map((line) => line.trim()),
  );
});

function seedText(): string | undefined {
  try {
    return readFileSync("/work/shared/seed.txt", "utf8");
  } catch {
    return undefined;
  }
}

test("a deployment is frozen all the way down", () => {
  const seen = new Set<unknown>();
  const walk = (value: unknown): void => {
    if (typeof value !== "object" || value === null || seen.has(value)) return;
    seen.add(value);
    assert.ok(Object.isFrozen(value));
    for (const one of Object.values(value)) walk(one);
  };
  walk(load(poolText({ engine: "simulated", env: { A: "b" }, replicas: 2, basePort: 9000 })));
  assert.ok(seen.size > 15);
});

test("defaults written out are the same deployment", () => {
  const short = load(deploymentText());
  const { limits, workerControls, receipts, admin, cors } = short.gateway;
  const { host, port, rootPath } = short.gateway.listener;
  const long = load(
    deploymentText({
      metadata: { namespace: short.namespace },
      spec: {
        model: { dtype: short.model.dtype, trustRemoteCode: false, source: "huggingface", servedNames: ["org/model"] },
        tokenizer: { source: "hub", revision: "main" },
        serving: { strategy: "colocated", workers: { replicas: 1, gpusPerReplica: 1, engine: "vllm" } },
        routing: { algorithm: "kv_aware", kvCacheIndex: { ...short.routing.kvCacheIndex } },
        autoscaling: {
          enabled: false,
          cooldownSeconds: 120,
          scaleUpThreshold: { gpuUtilization: 0.8, queueDepth: 50 },
          scaleDownThreshold: { gpuUtilization: 0.35, queueDepth: 5 },
        },
        monitoring: { prometheus: { ...short.monitoring.prometheus }, tracing: { enabled: false, exporter: "otlp" } },
        gateway: {
          listener: { host, port, rootPath, tls: { minVersion: "1.2" } },
          apiKeys: { env: [], files: [], guard: "vllm" },
          cors: { ...cors },
          admin: { ...admin },
          limits: { ...limits },
          workerControls: { ...workerControls },
          receipts: { ...receipts },
          stateDirectory: short.gateway.stateDirectory,
        },
      },
    }),
  );
  assert.deepEqual(long, short);
});

test("namespace, labels and annotations are kept as written", () => {
  const metadata = { namespace: "prod", labels: { team: "ml" }, annotations: { note: "x" } };
  const { namespace, labels, annotations } = load(deploymentText({ metadata }));
  assert.deepEqual({ namespace, labels: { ...labels }, annotations: { ...annotations } }, metadata);
});

test("servedNames are the names for clients, else the model's own", () => {
  const servedNames = ["llama", "llama-70b"];
  assert.deepEqual(load(deploymentText({ spec: { model: { servedNames } } })).model.servedNames, servedNames);
  assert.deepEqual(load(deploymentText()).model.servedNames, ["org/model"]);
});

test("replicas: the number written, of endpoints, or one", () => {
  assert.equal(load(poolText({ replicas: 3 })).pools[0]?.replicas, 3);
  assert.equal(load(poolText({})).pools[0]?.replicas, 1);
  const endpoints = [{ url: "http://a:1" }, { url: "http://b:1" }];
  assert.equal(load(poolText({ endpoints })).pools[0]?.replicas, 2);
});

test("minReplicas and maxReplicas are the bounds of a colocated pool", () => {
  const [pool] = load(poolText({ replicas: 2, minReplicas: 1, maxReplicas: 5 })).pools;
  assert.deepEqual([pool?.minReplicas, pool?.maxReplicas], [1, 5]);
  const [still] = load(poolText({ replicas: 2 })).pools;
  assert.deepEqual([still?.minReplicas, still?.maxReplicas], [2, 2]);
});

test("basePort counts up, ports are taken as written, neither means free ports", () => {
  const ports = (pool: JsonObject) => {
    const workers = load(poolText({ engine: "simulated", ...pool })).pools[0]?.workers;
    return workers?.kind === "simulated" ? workers.ports : undefined;
  };
  assert.deepEqual(ports({ replicas: 3, basePort: 9000 }), [9000, 9001, 9002]);
  assert.deepEqual(ports({ replicas: 2, ports: [7001, 7005] }), [7001, 7005]);
  assert.deepEqual(ports({ replicas: 2 }), []);
});

test("engine tells what is started: vllm with its command, simulated with profile, speed and seed", () => {
  const vllm = load(poolText({ engine: "vllm", command: ["python", "-m", "vllm"] })).pools[0]?.workers;
  assert.ok(vllm?.kind === "vllm");
  assert.deepEqual(vllm.command, ["python", "-m", "vllm"]);
  const profile = "llama-3.1-8b-h100-tp1-bf16";
  const simulated = load(poolText({ engine: "simulated", profile, speed: 20, seed: 7 })).pools[0];
  assert.ok(simulated?.workers.kind === "simulated");
  assert.deepEqual([simulated.workers.profile, simulated.workers.speed, simulated.workers.seed], [profile, 20, 7]);
  assert.equal(simulated.costProfile, profile, "routing judges them by the same profile");
});

test("costProfile tells routing what given workers are", () => {
  const costProfile = "llama-3.1-70b-h100-tp4-bf16";
  assert.equal(load(poolText({ endpoints: [{ url: "http://a:1" }], costProfile })).pools[0]?.costProfile, costProfile);
});

test("an endpoint's url splits into origin and base path", () => {
  const [pool] = load(poolText({ endpoints: [{ url: "https://h:8443/llm/" }] })).pools;
  assert.ok(pool?.workers.kind === "given");
  const [endpoint] = pool.workers.endpoints;
  assert.deepEqual([endpoint?.origin, endpoint?.basePath, endpoint?.role], ["https://h:8443", "/llm", "both"]);
});

test("tls files start at the file's folder, kvEvents may be off", () => {
  const tls = { ca: "ca.pem", cert: "/abs/c.pem", key: "k.pem", serverName: "w.internal", insecure: true };
  const given = load(poolText({ endpoints: [{ url: "https://h:1", tls, kvEvents: false }] })).pools[0]?.workers;
  assert.ok(given?.kind === "given");
  const [endpoint] = given.endpoints;
  assert.deepEqual(endpoint?.tls, {
    ca: resolve("ca.pem"),
    cert: "/abs/c.pem",
    key: resolve("k.pem"),
    serverName: "w.internal",
    insecure: true,
  });
  assert.equal(endpoint?.kvEvents, false);
});

test("the tokenizer comes from where it is said, else from where the workers' does", () => {
  const of = (spec: JsonObject) => load(deploymentText({ spec })).tokenizer;
  assert.deepEqual(of({}), { source: "hub", repository: "org/model", revision: "main" });
  assert.deepEqual(of({ model: { tokenizer: "org/other" }, tokenizer: { revision: "v2" } }), {
    source: "hub",
    repository: "org/other",
    revision: "v2",
  });
  assert.deepEqual(of({ tokenizer: { path: "tok" } }), { source: "path", path: resolve("tok") });
  assert.deepEqual(of({ tokenizer: { source: "none" } }), { source: "none" });
  assert.deepEqual(of({ model: { source: "local", name: "m" } }), { source: "path", path: resolve("m") });
  assert.deepEqual(load(poolText({ engine: "simulated" })).tokenizer, { source: "builtin" });
});

test("stateDirectory starts at the file's folder, without it at the working directory", (t) => {
  const folder = mkdtempSync(join(tmpdir(), "swg-config-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const file = join(folder, "d.yaml");
  writeFileSync(file, deploymentText({ spec: { gateway: { stateDirectory: "state" } } }));
  assert.equal(loadDeployments([file])[0]?.gateway.stateDirectory, join(folder, "state"));
  assert.equal(load(deploymentText()).gateway.stateDirectory, resolve(".switchgear"));
});

test("a folder is its *.yaml and *.yml by name; other files are left alone", (t) => {
  const folder = mkdtempSync(join(tmpdir(), "swg-config-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const document = (name: string) => deploymentText({ metadata: { name }, spec: { model: { name: `org/${name}` } } });
  writeFileSync(join(folder, "b.yml"), document("b"));
  writeFileSync(join(folder, "a.yaml"), `${document("a1")}---\n${document("a2")}`);
  writeFileSync(join(folder, "notes.txt"), "not yaml: [");
  assert.deepEqual(
    loadDeployments([folder]).map((one) => one.name),
    ["a1", "a2", "b"],
  );
});

test("what is not there is one diagnostic each, and loading throws them all", () => {
  const { diagnostics } = readDeployments(["/no/such.yaml", import.meta.dirname]);
  assert.deepEqual(
    diagnostics.map((one) => one.code),
    ["unreadable", "empty"],
  );
  assert.throws(
    () => loadDeployments(["/no/such.yaml"]),
    (error) => error instanceof ConfigError && error.exitCode === 2 && /such\.yaml:1:1: error/.test(error.message),
  );
});

test("anchors, aliases and merge keys work as usual", () => {
  const { pools } = load(
    `apiVersion: llm-d.nvidia.com/v1
kind: LLMDeployment
metadata: {name: one, labels: &labels {rack: r1}}
spec:
  model: {name: org/model}
  serving:
    workers:
      endpoints:
        - &first {url: "http://a:1", labels: *labels}
        - <<: *first
          url: http://b:1
`,
  );
  const [pool] = pools;
  assert.ok(pool?.workers.kind === "given");
  assert.deepEqual(
    pool.workers.endpoints.map(({ url, labels }) => [url, labels["rack"]]),
    [
      ["http://a:1", "r1"],
      ["http://b:1", "r1"],
    ],
  );
});
