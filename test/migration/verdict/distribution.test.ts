// Sampled answers by how they end: the same mix passes, more cuts, refusals or missing tool calls do not.
import assert from "node:assert/strict";
import { test } from "node:test";
import { type Random, seededRandom } from "../../../src/core/index.ts";
import { type Ending, endingOf } from "../../../src/migration/compare/ending.ts";
import type { PairRecord } from "../../../src/migration/compare/pair-record.ts";
import { distributionGates } from "../../../src/migration/verdict/distribution-gates.ts";
import { VERDICT_LIMITS } from "../../../src/migration/verdict/verdict-options.ts";
import { virtualPairs } from "./simulation.ts";

interface Mix {
  readonly cut?: number;
  readonly refuses?: number;
  readonly calls?: number;
}

function draw(random: Random, { cut = 0.1, refuses = 0.03, calls = 0.3 }: Mix): Ending {
  return { cut: random.next() < cut, refuses: random.next() < refuses, calls: random.next() < calls };
}

function ended(seed: string, mix: Mix): PairRecord[] {
  const random = seededRandom(seed);
  return virtualPairs({ pairs: 8000, seed }).flatMap((pair) => {
    if (pair.kind === "repeat" || pair.comparison === undefined) return [];
    const endings = { primary: draw(random, {}), shadow: draw(random, mix) };
    return [{ ...pair, comparison: { ...pair.comparison, endings } }];
  });
}

function statuses(mix: Mix): Record<string, string> {
  const judged = { limits: VERDICT_LIMITS, levels: { alpha: 0.05 } };
  const gates = distributionGates(ended("pairs", mix), ended("repeats", {}), judged);
  return Object.fromEntries(gates.map(({ what, status, rejects }) => [what, rejects ? "rejects" : status]));
}

const [CUT, REFUSAL, CALLS] = ["rise of answers cut by their length", "rise of refusals", "loss of tool calls"];
const TOOLS = "tools called on other requests, against the legacy's own repeats";

test("the same mix passes every gate; each harm fails its own and no other", () => {
  const pass = { [CUT]: "pass", [REFUSAL]: "pass", [CALLS]: "pass", [TOOLS]: "pass" };
  assert.deepEqual(statuses({}), pass);
  assert.deepEqual(statuses({ cut: 0.2 }), { ...pass, [CUT]: "rejects" });
  assert.deepEqual(statuses({ refuses: 0.1 }), { ...pass, [REFUSAL]: "rejects" });
  assert.equal(statuses({ calls: 0.2 })[CALLS], "rejects");
  assert.notEqual(statuses({ calls: 0.05 })[TOOLS], "pass");
});

test("deterministic pairs are judged elsewhere", () => {
  const greedy = ended("pairs", { cut: 1 }).map((pair): PairRecord => ({ ...pair, determinism: "greedy" }));
  assert.deepEqual(distributionGates(greedy, [], { limits: VERDICT_LIMITS, levels: { alpha: 0.05 } }), []);
});

test("cuts, calls and refusals are known from an answer", () => {
  const of = (text: string, finishReason = "stop") =>
    endingOf({ class: "ok", choices: [{ text, finishReason, toolCalls: [] }] });
  assert.deepEqual(of("Sure.", "length"), { cut: true, calls: false, refuses: false });
  for (const text of ["I'm sorry, but I can't help.", "I cannot do that", "As an AI, I", "Sorry, I won’t."]) {
    assert.equal(of(text).refuses, true, text);
  }
  for (const text of ["I can help.", "They said: I cannot", "Sorry to hear that!"])
    assert.equal(of(text).refuses, false);
});
