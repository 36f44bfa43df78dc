// What adapters of a deployment file mean for workers that are started here, and for a reload.
import assert from "node:assert/strict";
import { test } from "node:test";
import { changesBetween } from "../../../src/app/reload/changes.ts";
import { loraEnvironment, startedArgv } from "../../../src/app/started-argv.ts";
import type { Deployment } from "../../../src/config/index.ts";
import { deploymentText, load } from "../../config/deployment-text.ts";

const SQL = { name: "sql", path: "/adapters/sql" };
const LAW = { name: "law", path: "org/law=1" };

function deployment(lora: object, engine?: "vllm" | "simulated"): Deployment {
  const pool = engine === undefined ? {} : { serving: { workers: { endpoints: null, engine } } };
  return load(deploymentText({ spec: { model: { name: "org/m", lora }, ...pool } as never }));
}

function argv(lora: object, engine: "vllm" | "simulated"): string {
  const one = deployment(lora, engine);
  const [pool] = one.pools;
  assert.ok(pool);
  const ports = { http: 9001, events: "ipc:///run/e", replay: "ipc:///run/r" };
  return startedArgv({ deployment: one, pool, profile: "llama-3.1-8b-h100-tp1-bf16" }, ports).join(" ");
}

test("workers that are started have their adapters from the start, or may be told to load them", () => {
  for (const engine of ["vllm", "simulated"] as const) {
    const modules = `--enable-lora --lora-modules ${JSON.stringify(SQL)} ${JSON.stringify(LAW)}`;
    assert.ok(argv({ adapters: [SQL, LAW] }, engine).includes(modules));
    assert.ok(argv({ adapters: [SQL], load: true }, engine).includes("--enable-lora"));
    assert.ok(!argv({ adapters: [SQL], load: true }, engine).includes("--lora-modules"));
    assert.ok(!argv({}, engine).includes("lora"));
  }
  assert.deepEqual(loraEnvironment(deployment({ adapters: [SQL], load: true })), {
    VLLM_ALLOW_RUNTIME_LORA_UPDATING: "1",
  });
  assert.deepEqual(loraEnvironment(deployment({ adapters: [SQL] })), {});
});

test("a reload may change adapters where nothing has to be started anew for it", () => {
  const fixed = (engine: "vllm" | undefined, before: object, after: object) =>
    changesBetween([deployment(before, engine)], [deployment(after, engine)]).fixed;
  const [one, two] = [{ adapters: [SQL] }, { adapters: [SQL, LAW] }];
  assert.deepEqual(fixed(undefined, one, two), []);
  assert.deepEqual(fixed(undefined, one, { ...two, load: true }), []);
  assert.deepEqual(fixed("vllm", { ...one, load: true }, { ...two, load: true }), []);
  assert.deepEqual(fixed("vllm", one, two), ["one: spec.model.lora.adapters.1"]);
  assert.deepEqual(fixed("vllm", one, { ...one, load: true }), ["one: spec.model.lora.load"]);
  assert.deepEqual(fixed("vllm", { load: true }, { ...one, load: true }), []);
  assert.ok(argv({ load: true }, "vllm").includes("--enable-lora"));
});
