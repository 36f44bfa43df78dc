// `npm run test:vllm`: the suite against a real vLLM, directly and through the gateway, and against the simulated engine beside it.
import { after, before, test } from "node:test";
import { bodyOf } from "./answer.ts";
import { exchange } from "./http.ts";
import { writeReport } from "./report.ts";
import { type Outcome, runSuite } from "./run-suite.ts";
import {
  gatewayBefore,
  realEngine,
  type RunningEngine,
  type RunningGateway,
  simulatedEngine,
} from "./start-targets.ts";
import { SUITE } from "./suite.ts";
import { type GatewayAccess, type Target, TARGET_NAMES, type TargetName } from "./target.ts";

const folder = process.env["SWITCHGEAR_VLLM"] ?? "";
const modelFolder = `${folder}/model`;
const outcomes = new Map<TargetName, Outcome[]>();

let version = "";
let real: RunningEngine;
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
  await simulated.stop();
  await real.stop();
  if (outcomes.size === TARGET_NAMES.length)
    writeReport(outcomes, { version, date: new Date().toISOString().slice(0, 10) });
});

const targets = new Map<TargetName, Target>();

function target(name: TargetName, engine: RunningEngine, gateway?: GatewayAccess & { url: string }): Target {
  const url = gateway?.url ?? engine.url;
  const made: Target = {
    name,
    url,
    engineUrl: engine.url,
    gateway,
    real: engine === real,
    modelFolder,
    answers: new Map(),
  };
  targets.set(name, made);
  return made;
}

function outcomesOf(name: TargetName): Outcome[] {
  const list: Outcome[] = [];
  outcomes.set(name, list);
  return list;
}

test("real vLLM", (context) => runSuite(context, SUITE, target("real", real), { outcomes: outcomesOf("real") }));

test("real vLLM through the gateway: the same bytes", (context) =>
  runSuite(context, SUITE, target("real via gateway", real, gateways[0]), {
    outcomes: outcomesOf("real via gateway"),
    baseline: targets.get("real"),
  }));

test("simulated engine: what the real one answers", (context) =>
  runSuite(context, SUITE, target("simulated", simulated), {
    outcomes: outcomesOf("simulated"),
    baseline: targets.get("real"),
  }));

test("simulated engine through the gateway: the same bytes", (context) =>
  runSuite(context, SUITE, target("simulated via gateway", simulated, gateways[1]), {
    outcomes: outcomesOf("simulated via gateway"),
    baseline: targets.get("simulated"),
  }));
