// `npm run test:vllm`: the suite against a real vLLM, directly and through the gateway, and against the simulated engine beside it.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { clientLibraries } from "../clients/all-clients.ts";
import { bodyOf } from "./answer.ts";
import { exchange } from "./http.ts";
import { writeReport } from "./report.ts";
import { type Outcome, runSuite } from "./run-suite.ts";
import {
  type EngineVariant,
  gatewayBefore,
  realEngine,
  type RunningEngine,
  type RunningGateway,
  simulatedEngine,
} from "./start-targets.ts";
import { kvEventCases } from "./behaviours/kv-events.ts";
import type { Rig } from "./lifecycle.ts";
import { SECOND } from "./pair.ts";
import { runLora } from "./run-lora.ts";
import { runPair } from "./run-pair.ts";
import { metricFamilies } from "./metric-families.ts";
import { runScenarios } from "./run-scenarios.ts";
import { runTenants } from "./run-tenants.ts";
import { SUITE as CONFORMANCE } from "./suite.ts";
import { type GatewayAccess, type Target, TARGET_NAMES, type TargetName } from "./target.ts";

const folder = process.env["SWITCHGEAR_VLLM"] ?? "";
const modelFolder = `${folder}/model`;
/** Clients come last: some leave connections open. */
const SUITE = [...CONFORMANCE, ...clientLibraries(["openai", "aiperf"])];
const outcomes = new Map<TargetName, Outcome[]>();

let version = "";
let real: RunningEngine;
let second: RunningEngine | undefined;
let simulated: RunningEngine;
const gateways: RunningGateway[] = [];

before(async () => {
  real = await realEngine(folder);
  version = bodyOf(await exchange(real.url, { path: "/version" }))
    .at("version")
    .text();
  simulated = await simulatedEngine({ args: ["--speed", "5"] });
  gateways.push(await gatewayBefore([real]), await gatewayBefore([simulated]));
});

after(async () => {
  for (const gateway of gateways) await gateway.child.stop();
  await real.stop();
  await second?.stop();
  await simulated.stop();
  if (outcomes.size === TARGET_NAMES.length)
    writeReport(outcomes, { version, date: new Date().toISOString().slice(0, 10) });
});

const targets = new Map<TargetName, Target>();

function made(name: TargetName, engine: RunningEngine, gateway?: GatewayAccess & { url: string }): Target {
  const url = gateway?.url ?? engine.url;
  const real = name.startsWith("real");
  return { name, url, engineUrl: engine.url, gateway, real, modelFolder, answers: new Map() };
}

function target(...parts: Parameters<typeof made>): Target {
  const one = made(...parts);
  targets.set(one.name, one);
  return one;
}

function listOf(name: TargetName): Outcome[] {
  const list = outcomes.get(name) ?? [];
  outcomes.set(name, list);
  return list;
}

test("real vLLM", (context) => runSuite(context, SUITE, target("real", real), { outcomes: listOf("real") }));

test("real vLLM through the gateway: the same bytes", (context) =>
  runSuite(context, SUITE, target("real via gateway", real, gateways[0]), {
    outcomes: listOf("real via gateway"),
    baseline: targets.get("real"),
  }));

test("simulated engine: what the real one answers", (context) =>
  runSuite(context, SUITE, target("simulated", simulated), {
    outcomes: listOf("simulated"),
    baseline: targets.get("real"),
  }));

test("simulated engine through the gateway: the same bytes", (context) =>
  runSuite(context, SUITE, target("simulated via gateway", simulated, gateways[1]), {
    outcomes: listOf("simulated via gateway"),
    baseline: targets.get("simulated"),
  }));

test("the simulated engine has the families of vLLM's metrics", async () => {
  const families = async ({ url }: RunningEngine): Promise<Map<string, string>> =>
    metricFamilies((await exchange(url, { path: "/metrics" })).body);
  const [right, got] = [await families(real), await families(simulated)];
  // Those of sleep come with the first sleep.
  const ours = ([name]: readonly [string, string]): boolean => /^(vllm:(?!sleep_mode_)|http_)/.test(name);
  const differ = [...right].filter(ours).filter(([name, family]) => got.get(name) !== family);
  assert.deepEqual(
    differ.map(([name, family]) => ({ name, right: family, got: got.get(name) })),
    [],
  );
  assert.deepEqual(
    [...got.keys()].filter((name) => !right.has(name)),
    [],
  );
});

test("tenants before a real vLLM", (context) =>
  runTenants(context, real, { ...made("real via gateway", real), outcomes: listOf("real via gateway") }));

test("tenants before a simulated engine", (context) =>
  runTenants(context, simulated, {
    ...made("simulated via gateway", simulated),
    outcomes: listOf("simulated via gateway"),
  }));

test("two real vLLM", async (context) => {
  second = await realEngine(folder, SECOND);
  const gateway = await gatewayBefore([real, second]);
  await runPair(context, { first: real, second, gateway }, listOf("real via gateway"));
  await gateway.child.stop();
});

test("two simulated engines", async (context) => {
  const pair = { first: await simulatedEngine(), second: await simulatedEngine(SECOND) };
  const gateway = await gatewayBefore([pair.first, pair.second]);
  await runPair(context, { ...pair, gateway }, listOf("simulated via gateway"));
  for (const one of [gateway.child, pair.second, pair.first]) await one.stop();
});

/** Two at a time are enough for two processors: the first one has served. */
async function stopReal(): Promise<void> {
  await gateways[0]?.child.stop();
  await real.stop();
}

test("KV events with hashes of 32 bytes", async (context) => {
  await stopReal();
  const variant = { env: { VLLM_KV_EVENTS_USE_INT_BLOCK_HASHES: "0" } };
  for (const [name, start] of [
    ["real", (given: EngineVariant) => realEngine(folder, given)],
    ["simulated", (given: EngineVariant) => simulatedEngine(given)],
  ] as const) {
    const engine = await start(variant);
    const gateway = await gatewayBefore([engine]);
    const cases = kvEventCases.map((one) => ({ ...one, topic: "KV events, byte hashes" }));
    await context.test(name, async (inner) => {
      await runSuite(inner, cases, made(name, engine), { outcomes: listOf(name) });
      await runSuite(inner, cases, made(`${name} via gateway`, engine, gateway), {
        outcomes: listOf(`${name} via gateway`),
      });
    });
    await gateway.child.stop();
    await engine.stop();
  }
});

test("LoRA adapters", async (context) => {
  const adapters = mkdtempSync(join(tmpdir(), "switchgear-lora-"));
  for (const [seed, name] of ["first", "second"].entries()) {
    const script = join(import.meta.dirname, "../../scripts/vllm/lora_adapter.py");
    execFileSync(join(folder, "venv/bin/python"), [script, modelFolder, join(adapters, name), `${seed}`]);
  }
  const given = { folder: adapters, start: (variant: EngineVariant) => realEngine(folder, variant) };
  await context.test("real", (inner) =>
    runLora(inner, { ...given, real: true }, { directly: listOf("real"), viaGateway: listOf("real via gateway") }),
  );
  const outcomes = { directly: listOf("simulated"), viaGateway: listOf("simulated via gateway") };
  await context.test("simulated", (inner) =>
    runLora(inner, { ...given, real: false, start: simulatedEngine }, outcomes),
  );
  rmSync(adapters, { recursive: true, force: true });
});

test("the end of a real vLLM", (context) => {
  const rig: Rig = {
    real: true,
    spare: second ?? simulated,
    startEngine: (variant) => realEngine(folder, variant),
    gatewayBefore,
  };
  return runScenarios(context, rig, { directly: listOf("real"), viaGateway: listOf("real via gateway") });
});

test("the end of a simulated engine", (context) => {
  const rig: Rig = { real: false, spare: simulated, startEngine: simulatedEngine, gatewayBefore };
  return runScenarios(context, rig, { directly: listOf("simulated"), viaGateway: listOf("simulated via gateway") });
});
