// Runs the scenarios of an engine's end as subtests, and notes each check for the target that saw it.
import type { TestContext } from "node:test";
import { closeStage, openStage, type Rig, SCENARIOS } from "./lifecycle.ts";
import type { Outcome } from "./run-suite.ts";

export interface ScenarioOutcomes {
  readonly directly: Outcome[];
  readonly viaGateway: Outcome[];
}

export async function runScenarios(context: TestContext, rig: Rig, outcomes: ScenarioOutcomes): Promise<void> {
  for (const scenario of SCENARIOS) {
    await context.test(scenario.name, async (inner) => {
      // A drain waits for the streams: they must not be long.
      const stage = await openStage(rig, scenario, scenario.variant.args === undefined ? undefined : 300);
      try {
        await scenario.strike(stage);
        for (const { seen, name, run } of scenario.checks(stage)) {
          const list = seen === "directly" ? outcomes.directly : outcomes.viaGateway;
          const note = (result: Outcome["result"], text: string): void =>
            void list.push({ topic: "an engine's end", name: `${scenario.name}: ${name}`, result, note: text });
          await inner.test(`${seen}: ${name}`, async () => {
            await run().then(
              () => note("pass", ""),
              (thrown: unknown) => {
                note("fail", thrown instanceof Error ? thrown.message : String(thrown));
                throw thrown;
              },
            );
          });
        }
      } finally {
        await closeStage(stage);
      }
    });
  }
}
