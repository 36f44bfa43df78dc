// How a simulated engine ends while requests run, directly and seen through a gateway: the scenarios that a real vLLM passes.
import { after, before, test } from "node:test";
import type { Rig } from "./lifecycle.ts";
import { runScenarios } from "./run-scenarios.ts";
import { gatewayBefore, type RunningEngine, simulatedEngine } from "./start-targets.ts";

let spare: RunningEngine;

before(async () => {
  spare = await simulatedEngine();
});

after(() => spare.stop());

test("the end of a simulated engine", (context) => {
  const rig: Rig = { real: false, spare, startEngine: simulatedEngine, gatewayBefore };
  return runScenarios(context, rig, { directly: [], viaGateway: [] });
});
