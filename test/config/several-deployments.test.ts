// Several documents are several models of one process.
import assert from "node:assert/strict";
import { test } from "node:test";
import { readDeploymentText } from "../../src/config/index.ts";
import { complaints, deploymentText, diagnosticsOf } from "./deployment-text.ts";

function named(name: string, change: object = {}): string {
  const spec = { model: { name: `org/${name}` }, ...change };
  return deploymentText({ metadata: { name }, spec: spec as never });
}

test("a process-wide setting of one document holds for all", () => {
  const text = `${named("a")}---\n${named("b", { gateway: { listener: { port: 9999 }, limits: { bodyBytes: 2048 } } })}`;
  const { deployments } = readDeploymentText({ file: "t.yaml", text });
  assert.deepEqual(
    deployments.map(({ gateway }) => [gateway.listener.port, gateway.limits.bodyBytes]),
    [
      [9999, 2048],
      [9999, 2048],
    ],
  );
});

test("settings per model stay with their model", () => {
  const text = `${named("a", { gateway: { limits: { retries: 0 } } })}---\n${named("b")}`;
  const { deployments } = readDeploymentText({ file: "t.yaml", text });
  assert.deepEqual(
    deployments.map(({ gateway }) => gateway.limits.retries),
    [0, 2],
  );
});

test("process-wide settings that disagree are an error that names both places", () => {
  const of = (port: number) => ({
    gateway: { listener: { port }, stateDirectory: `s${port}` },
    monitoring: { prometheus: { port: port + 1 } },
  });
  const diagnostics = diagnosticsOf(`${named("a", of(7000))}---\n${named("b", of(7100))}`);
  assert.deepEqual(
    diagnostics.map(({ code, path, line, value, expected }) => [code, path, line, value, expected]),
    [
      ["process-wide-conflict", "spec.gateway.listener.port", 33, "7100", "7000 as at t.yaml:14:7"],
      ["process-wide-conflict", "spec.gateway.stateDirectory", 34, '"s7100"', "s7000 as at t.yaml:15:5"],
      ["process-wide-conflict", "spec.monitoring.prometheus.port", 37, "7101", "7001 as at t.yaml:18:7"],
    ],
  );
});

test("equal settings in two documents are no conflict", () => {
  const same = { gateway: { listener: { port: 7000 }, stateDirectory: "s" } };
  assert.deepEqual(complaints(`${named("a", same)}---\n${named("b", same)}`), []);
});

test("a name and a model name are taken once", () => {
  assert.deepEqual(complaints(`${named("a")}---\n${named("a", { model: { name: "org/b" } })}`), [
    "metadata.name: is a name that is taken at t.yaml:4:3",
  ]);
  const alias = named("b", { model: { name: "org/b", servedNames: ["b", "org/a"] } });
  assert.deepEqual(complaints(`${named("a")}---\n${alias}`), [
    "spec.model.servedNames[1]: is a model name that is taken at t.yaml:7:5",
  ]);
});

test("workers of two deployments do not share a port", () => {
  const started = { serving: { workers: { endpoints: null, engine: "simulated", basePort: 9500 } } };
  assert.deepEqual(complaints(`${named("a", started)}---\n${named("b", started)}`), [
    "spec.serving.workers.basePort: is the port of a worker too, at t.yaml:11:7",
  ]);
});
