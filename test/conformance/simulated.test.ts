// The conformance suite against a simulated engine, directly and through the gateway: the same cases that a real vLLM passes.
import { after, before, test } from "node:test";
import { runSuite } from "./run-suite.ts";
import { runTenants } from "./run-tenants.ts";
import {
  gatewayBefore,
  type RunningEngine,
  type RunningGateway,
  simulatedEngine,
  TOKENIZER_FOLDER,
} from "./start-targets.ts";
import { SUITE } from "./suite.ts";
import type { GatewayAccess, Target } from "./target.ts";

let engine: RunningEngine;
let gateway: RunningGateway;
let direct: Target;

before(async () => {
  engine = await simulatedEngine({ args: ["--speed", "5"] });
  gateway = await gatewayBefore([engine]);
  direct = target("simulated", engine.url);
});

after(async () => {
  await gateway.child.stop();
  await engine.stop();
});

test("simulated engine", async (context) => {
  await runSuite(context, SUITE, direct, { outcomes: [] });
});

test("simulated engine through the gateway", async (context) => {
  const through = target("simulated via gateway", gateway.url, gateway);
  await runSuite(context, SUITE, through, { outcomes: [], baseline: direct });
});

test("tenants before a simulated engine", (context) =>
  runTenants(context, engine, { ...target("simulated via gateway", engine.url), outcomes: [] }));

function target(name: Target["name"], url: string, access?: GatewayAccess): Target {
  const engineUrl = engine.url;
  return { name, url, engineUrl, gateway: access, real: false, modelFolder: TOKENIZER_FOLDER, answers: new Map() };
}
