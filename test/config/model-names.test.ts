// Aliases and adapters in deployment files: what they mean, and what is refused.
import assert from "node:assert/strict";
import { test } from "node:test";
import { readDeploymentText } from "../../src/config/index.ts";
import { complaints, deploymentText } from "./deployment-text.ts";

function named(name: string, model: object): string {
  return deploymentText({ metadata: { name }, spec: { model: { name: `org/${name}`, ...model } } as never });
}

function modelOf(text: string) {
  return readDeploymentText({ file: "t.yaml", text }).deployments[0]?.model;
}

test("aliases weigh 1 and adapters are not loaded unless it is said", () => {
  const adapters = [{ name: "sql", path: "/adapters/sql" }];
  const model = modelOf(named("a", { aliases: [{ name: "chat" }, { name: "q", adapter: "sql" }], lora: { adapters } }));
  assert.deepEqual(model?.aliases, [
    { name: "chat", weight: 1 },
    { name: "q", weight: 1, adapter: "sql" },
  ]);
  assert.deepEqual(model.lora, { adapters, load: false });
  assert.deepEqual(modelOf(named("a", {}))?.lora, { adapters: [], load: false });
});

test("several deployments may state one alias", () => {
  const of = (name: string, weight: number) => named(name, { aliases: [{ name: "chat", weight }] });
  assert.deepEqual(complaints(`${of("a", 9)}---\n${of("b", 0)}`), []);
});

test("an alias or adapter that has the name of a model is refused, wherever that is", () => {
  const alias = named("b", { aliases: [{ name: "org/a" }] });
  assert.deepEqual(complaints(`${named("a", {})}---\n${alias}`), [
    "spec.model.aliases[0].name: is the name of a model or adapter, at t.yaml:6:3",
  ]);
  const lora = { adapters: [{ name: "org/a", path: "/p" }] };
  assert.deepEqual(complaints(`${named("a", {})}---\n${named("b", { lora })}`), [
    "spec.model.lora.adapters[0].name: is a model name that is taken at t.yaml:7:5",
  ]);
  const own = { lora: { adapters: [{ name: "x", path: "/p" }] }, aliases: [{ name: "x" }] };
  assert.deepEqual(complaints(named("a", own)), [
    "spec.model.aliases[0].name: is the name of a model or adapter, at t.yaml:6:3",
  ]);
});

test("an alias twice for the same, without any weight, or for an unknown adapter is refused", () => {
  assert.deepEqual(complaints(named("a", { aliases: [{ name: "x" }, { name: "x", weight: 2 }] })), [
    "spec.model.aliases[1].name: stands for the same model a second time",
  ]);
  assert.deepEqual(complaints(named("a", { aliases: [{ name: "x", weight: 0 }] })), [
    "spec.model.aliases[0].name: has no model behind it: all its weights are 0",
  ]);
  assert.deepEqual(complaints(named("a", { aliases: [{ name: "x", adapter: "sql" }] })), [
    "spec.model.aliases[0].adapter: is no adapter of this model",
  ]);
});

test("weights below 0, beyond the bound or no number, and adapters without a path are refused", () => {
  for (const weight of [-1, 1_000_001, "9"])
    assert.equal(complaints(named("a", { aliases: [{ name: "x", weight }] })).length, 1, String(weight));
  assert.equal(complaints(named("a", { aliases: [{ name: "" }] })).length, 1);
  assert.equal(complaints(named("a", { lora: { adapters: [{ name: "x" }] } })).length, 1);
  assert.equal(complaints(named("a", { lora: { load: "yes" } })).length, 1);
});
