// How a simulated engine ends while requests run, directly and seen through a gateway: the scenarios that a real vLLM passes.
import { after, before, test } from "node:test";
import type { Rig } from "./lifecycle.ts";
import { runScenarios } from "./run-scenarios.ts";
import { type EngineVariant, gatewayBefore, type RunningEngine, simulatedEngine } from "./start-targets.ts";

let spare: RunningEngine;

/** Token counts do not matter here, and a tokenizer's files take a second to read. */
const startEngine = ({ args = [], env = {} }: EngineVariant = {}): Promise<RunningEngine> =>
  simulatedEngine({ env, args: [...args, "--tokenizer", "builtin"] });

before(async () => {
  spare = await startEngine();
});

after(() => spare.stop());

test("the end of a simulated engine", (context) => {
  const rig: Rig = {
    real: false,
    spare,
    startEngine,
    gatewayBefore: (engines) => gatewayBefore(engines, { tokenizer: { source: "builtin" } }),
  };
  return runScenarios(context, rig, { directly: [], viaGateway: [] });
});
