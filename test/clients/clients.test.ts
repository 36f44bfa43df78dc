// Client libraries unmodified, against a simulated engine and through the gateway before it: the cases that pass against a real vLLM.
import { after, before, test } from "node:test";
import { runSuite } from "../conformance/run-suite.ts";
import {
  gatewayBefore,
  type RunningEngine,
  type RunningGateway,
  simulatedEngine,
  TOKENIZER_FOLDER,
} from "../conformance/start-targets.ts";
import type { GatewayAccess, Target } from "../conformance/target.ts";
import { clientLibraries } from "./all-clients.ts";
import { IN_CI } from "./python-environment.ts";

const CASES = clientLibraries(IN_CI ? ["openai"] : []);

let engine: RunningEngine;
let gateway: RunningGateway | undefined;

before(async () => {
  engine = await simulatedEngine({ args: ["--speed", "5"] });
  gateway = await gatewayBefore([engine]);
});

after(async () => {
  await gateway?.child.stop();
  await engine.stop();
});

test("clients of a simulated engine", (context) =>
  runSuite(context, CASES, target("simulated", engine.url), { outcomes: [] }));

test("clients of the gateway", (context) =>
  runSuite(context, CASES, target("simulated via gateway", gateway?.url ?? "", gateway), { outcomes: [] }));

function target(name: Target["name"], url: string, access?: GatewayAccess): Target {
  const engineUrl = engine.url;
  return { name, url, engineUrl, gateway: access, real: false, modelFolder: TOKENIZER_FOLDER, answers: new Map() };
}
