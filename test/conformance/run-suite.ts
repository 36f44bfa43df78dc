// Runs cases against a target as subtests, compares answers with another target's, and notes how each case went.
import { type TestContext } from "node:test";
import { assertSameBytes, assertSameShape } from "./compare.ts";
import type { Case, Target } from "./target.ts";

export interface Outcome {
  readonly topic: string;
  readonly name: string;
  readonly result: "pass" | "fail" | "skip";
  readonly note: string;
}

export interface SuiteOptions {
  /** Whose answers are the right ones: bytes for a gateway's target, shapes for another engine. */
  readonly baseline?: Target | undefined;
  readonly outcomes: Outcome[];
}

export async function runSuite(
  context: TestContext,
  cases: readonly Case[],
  target: Target,
  options: SuiteOptions,
): Promise<void> {
  for (const one of cases) {
    const { topic, name } = one;
    const why = one.skip?.(target);
    const note = (result: Outcome["result"], text = ""): void =>
      void options.outcomes.push({ topic, name, result, note: text });
    if (why !== undefined) {
      note("skip", why);
      await context.test(`${topic}: ${name}`, { skip: why });
      continue;
    }
    await context.test(`${topic}: ${name}`, async () => {
      try {
        await one.run(target);
        await compared(one, target, options.baseline);
        note("pass");
      } catch (thrown) {
        note("fail", thrown instanceof Error ? thrown.message : String(thrown));
        throw thrown;
      }
    });
  }
}

/** On a busy machine vLLM puts several tokens into one event: then both are asked again. */
const ATTEMPTS = 4;

async function compared(one: Case, target: Target, baseline: Target | undefined): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      return compare(one, target, baseline);
    } catch (thrown) {
      const stream = target.answers.get(`${one.topic}: ${one.name}`)?.body.includes("data: ") === true;
      if (!stream || baseline === undefined || attempt === ATTEMPTS) throw thrown;
      await one.run(baseline);
      await one.run(target);
    }
  }
}

function compare({ topic, name, probe }: Case, target: Target, baseline: Target | undefined): void {
  const key = `${topic}: ${name}`;
  const [got, right] = [target.answers.get(key), baseline?.answers.get(key)];
  if (probe === undefined || got === undefined || right === undefined) return;
  if (target.gateway === undefined) assertSameShape(got, right, probe);
  else if (!probe.ownAnswer) assertSameBytes(got, right);
}
