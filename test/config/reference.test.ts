// The reference page and the JSON Schema are up to date; no field is without an effect, and each proof exists.
import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { staleOutputs } from "../../scripts/docs/outputs.ts";
import { deploymentFields } from "../../src/config/index.ts";

/** Fields whose effect no named test proves yet. This list only gets shorter. */
const WITHOUT_PROOF: readonly string[] = [
  "metadata.labels",
  "spec.serving.{pool}.endpoints[].labels",
  "spec.serving.{pool}.endpoints[].tls.ca",
  "spec.serving.{pool}.endpoints[].tls.cert",
  "spec.serving.{pool}.endpoints[].tls.key",
  "spec.serving.{pool}.endpoints[].tls.insecure",
  "spec.serving.{pool}.endpoints[].kvEvents.endpoint",
  "spec.serving.{pool}.endpoints[].kvEvents.replay",
  "spec.serving.{pool}.endpoints[].kvEvents.topic",
  "spec.serving.{pool}.env",
  "spec.routing.algorithm",
  "spec.slo.ttftP99Ms",
  "spec.slo.itlP99Ms",
  "spec.slo.availabilityTarget",
  "spec.monitoring.prometheus.enabled",
  "spec.monitoring.prometheus.host",
  "spec.monitoring.prometheus.port",
  "spec.gateway.listener.host",
  "spec.gateway.listener.port",
  "spec.gateway.admin.host",
  "spec.gateway.admin.port",
  "spec.gateway.limits.bodyBytes",
  "spec.gateway.limits.connectTimeoutMs",
  "spec.gateway.limits.firstByteTimeoutMs",
  "spec.gateway.limits.idleTimeoutMs",
  "spec.gateway.limits.totalTimeoutMs",
  "spec.gateway.limits.retries",
  "spec.gateway.limits.retryBudgetRatio",
  "spec.gateway.limits.queueLength",
  "spec.gateway.limits.queueTimeoutMs",
  "spec.gateway.workerControls.kvTransferParams",
  "spec.gateway.workerControls.ecTransferParams",
  "spec.gateway.workerControls.dataParallelRankHeader",
  "spec.gateway.workerControls.priorityHeader",
  "spec.gateway.workerControls.requestId",
  "spec.gateway.workerControls.sessionId",
  "spec.gateway.workerControls.vllmXargs",
  "spec.gateway.workerControls.priority",
  "spec.gateway.workerControls.cacheSalt",
  "spec.gateway.receipts.header",
  "spec.gateway.receipts.retentionSeconds",
  "spec.gateway.receipts.maxEntries",
];

const fields = deploymentFields();
const values = fields.filter((one) => !one.isSection);

test("generated pages and schemas are what npm run docs would write", () => {
  assert.deepEqual(staleOutputs(), []);
});

test("each field says what it does and where it comes from", () => {
  assert.ok(values.length > 80);
  const silent = fields.filter(({ effect, origin }) => effect.length < 8 || origin === "").map(({ path }) => path);
  // Bare containers would be silent too: they are fields like any other.
  assert.deepEqual(silent, []);
});

test("each proof that a field names is a test that exists", () => {
  const titles = new Set(
    globSync("test/**/*.test.ts", { cwd: `${import.meta.dirname}/../..` }).flatMap((path) => {
      const text = readFileSync(`${import.meta.dirname}/../../${path}`, "utf8");
      return [...text.matchAll(/\b(?:test|it)\(\s*"((?:[^"\\]|\\.)*)"/g)].map(([, title]) => title);
    }),
  );
  const missing = values.filter(({ test: title }) => title !== undefined && !titles.has(title));
  assert.deepEqual(
    missing.map(({ path, test: title }) => `${path}: ${title}`),
    [],
  );
});

test("fields without a proof are exactly these", () => {
  assert.deepEqual(
    values.filter((one) => one.test === undefined).map(({ path }) => path),
    WITHOUT_PROOF,
  );
});

test("every field of the seed's YAML and of its mapping table is there", () => {
  const known = new Set(fields.map(({ path }) => path));
  const table = [
    ...["name", "dtype", "tokenizer", "trustRemoteCode", "quantization"].map((name) => `spec.model.${name}`),
    ...["tensorParallelSize", "pipelineParallelSize", "gpuMemoryUtilization", "maxModelLen", "maxBatchSize"].map(
      (name) => `spec.serving.{pool}.${name}`,
    ),
    ...["schedulerDelayFactor", "maxBatchedTokens", "replicas", "gpusPerReplica", "engine"].map(
      (name) => `spec.serving.{pool}.${name}`,
    ),
    "spec.routing.algorithm",
  ];
  assert.deepEqual(
    table.filter((path) => !known.has(path)),
    [],
  );
});
