// The reference page and the JSON Schema are up to date; each field has an effect that a named test sees.
import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { test } from "node:test";
import { staleOutputs } from "../../scripts/docs/outputs.ts";
import { deploymentFields } from "../../src/config/index.ts";

/** Fields whose effect is a rule of the file, or that belong to what `serve` refuses: for them reading the file is proof. */
const PROVEN_BY_READING = [
  /^(apiVersion|kind)$/,
  /^spec\.serving\.strategy$/,
  /\.gpusPerReplica$/,
  /\.role$/,
  /\.(min|max)Replicas$/,
  /^spec\.routing\.kvCacheIndex\.backend$/,
  /^spec\.autoscaling\./,
];

const ROOT = resolve(import.meta.dirname, "../..");
const fields = deploymentFields();
const values = fields.filter((one) => !one.isSection);

/** Test files by title. */
const titles = Map.groupBy(
  globSync("test/**/*.test.ts", { cwd: ROOT }).flatMap((file) => {
    const text = readFileSync(join(ROOT, file), "utf8");
    return [...text.matchAll(/\b(?:test|it)\(\s*"((?:[^"\\]|\\.)*)"/g)].map(([, title = ""]) => ({ title, file }));
  }),
  ({ title }) => title,
);

test("generated pages and schemas are what npm run docs would write", () => {
  assert.deepEqual(staleOutputs(), []);
});

test("each field says what it does and where it comes from", () => {
  assert.ok(values.length > 80);
  const silent = fields.filter(({ effect, origin }) => effect.length < 8 || origin === "").map(({ path }) => path);
  // Bare containers would be silent too: they are fields like any other.
  assert.deepEqual(silent, []);
});

test("each field names a test that exists and sees its effect", () => {
  const faults = values.flatMap(({ path, test: title }) => {
    const files = (titles.get(title ?? "") ?? []).map(({ file }) => file);
    if (files.length === 0) return [`${path}: no test "${title}"`];
    const isOnlyRead = files.every((file) => file.startsWith("test/config/"));
    return isOnlyRead && !PROVEN_BY_READING.some((one) => one.test(path))
      ? [`${path}: is only read by "${title}"`]
      : [];
  });
  assert.deepEqual(faults, []);
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
