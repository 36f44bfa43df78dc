// Runs the scenarios of an engine's end as subtests, and notes each check for the target that saw it.
import type { TestContext } from "node:test";
import { type Check, onStage, type Rig, type Scenario, SCENARIOS } from "./lifecycle.ts";
import type { Outcome } from "./run-suite.ts";

export interface ScenarioOutcomes {
  readonly directly: Outcome[];
  readonly viaGateway: Outcome[];
}

export async function runScenarios(context: TestContext, rig: Rig, outcomes: ScenarioOutcomes): Promise<void> {
  for (const scenario of SCENARIOS) {
    await context.test(scenario.name, (inner) =>
      onStage(rig, scenario, async (stage) => {
        await scenario.strike(stage);
        for (const check of scenario.checks(stage))
          await inner.test(`${check.seen}: ${check.name}`, () => noted(scenario, check, outcomes));
      }),
    );
  }
}

async function noted({ name: scenario }: Scenario, check: Check, outcomes: ScenarioOutcomes): Promise<void> {
  const list = check.seen === "directly" ? outcomes.directly : outcomes.viaGateway;
  const note = (result: Outcome["result"], text: string): void =>
    void list.push({ topic: "an engine's end", name: `${scenario}: ${check.name}`, result, note: text });
  try {
    await check.run();
    note("pass", "");
  } catch (thrown) {
    note("fail", thrown instanceof Error ? thrown.message : String(thrown));
    throw thrown;
  }
}
