// Runs the cases of two workers as subtests, and notes how each went.
import type { TestContext } from "node:test";
import { type Pair, PAIR_CASES } from "./pair.ts";
import type { Outcome } from "./run-suite.ts";

export async function runPair(context: TestContext, pair: Pair, outcomes: Outcome[]): Promise<void> {
  for (const { name, run } of PAIR_CASES)
    await context.test(`two workers: ${name}`, async () => {
      const note = (result: Outcome["result"], text: string): void =>
        void outcomes.push({ topic: "two workers", name, result, note: text });
      try {
        await run(pair);
        note("pass", "");
      } catch (thrown) {
        note("fail", thrown instanceof Error ? thrown.message : String(thrown));
        throw thrown;
      }
    });
}
