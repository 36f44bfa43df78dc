// Shares of sessions between weighted models: in proportion, and moved by a change of weights only where they must be.
import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { weightedChoice, type WeightedOption } from "../../../src/migration/index.ts";

const SECRET = "a secret of the installation";
const sessions = Array.from({ length: 2000 }, (_, i) => `session ${i}`);
const weights = fc.array(fc.nat(1000), { minLength: 1, maxLength: 6 });

const optionsOf = (list: readonly number[]): WeightedOption[] =>
  list.map((weight, i) => ({ id: `model ${i}`, weight }));

test("each model gets its share of sessions, within 5 standard deviations", () => {
  const few = weights.filter((list) => list.some((weight) => weight > 0));
  const check = (list: number[], secret: string): void => {
    const options = optionsOf(list);
    const counts = new Map<string, number>();
    for (const session of sessions) {
      const { id = "" } = weightedChoice(secret, options, session) ?? {};
      counts.set(id, (counts.get(id) ?? 0) + 1);
    }
    const sum = list.reduce((all, one) => all + one, 0);
    for (const { id, weight } of options) {
      const share = weight / sum;
      const deviation = Math.sqrt(sessions.length * share * (1 - share));
      // The bound of a normal law is loose for few expected sessions: there one more is allowed.
      const bound = 5 * deviation + 5;
      assert.ok(Math.abs((counts.get(id) ?? 0) - sessions.length * share) <= bound, `${id} of ${list.join(":")}`);
    }
  };
  fc.assert(fc.property(few, fc.string(), check), { numRuns: 10, seed: 8 });
});

test("a weight that rises moves sessions to its model only, one that falls from it only", () => {
  const change = fc.tuple(weights, fc.nat(5), fc.nat(1000), fc.string(), fc.string());
  const check = ([list, nth, to, secret, session]: [number[], number, number, string, string]): void => {
    const at = nth % list.length;
    const next = list.with(at, to);
    const [before, after] = [list, next].map((one) => weightedChoice(secret, optionsOf(one), session)?.id);
    if (before === after) return;
    const moved = `model ${at}`;
    if (to > (list[at] ?? 0)) assert.equal(after, moved);
    else assert.equal(before, moved);
  };
  fc.assert(fc.property(change, check), { numRuns: 2000 });
});

test("the order of models and weights in another scale change nothing", () => {
  const check = (list: number[], session: string): void => {
    const id = weightedChoice(SECRET, optionsOf(list), session)?.id;
    assert.equal(weightedChoice(SECRET, optionsOf(list).toReversed(), session)?.id, id);
    const doubled = list.map((weight) => weight * 2);
    assert.equal(weightedChoice(SECRET, optionsOf(doubled), session)?.id, id);
  };
  fc.assert(fc.property(weights, fc.string(), check), { numRuns: 500 });
});

test("a model of weight 0 gets nobody; without any weight there is none", () => {
  const check = (list: number[], session: string): void => {
    const chosen = weightedChoice(SECRET, optionsOf(list), session);
    assert.equal(
      chosen === undefined,
      list.every((weight) => weight === 0),
    );
    if (chosen !== undefined) assert.ok(chosen.weight > 0);
  };
  fc.assert(fc.property(weights, fc.string(), check), { numRuns: 500 });
});

test("another secret shares the sessions out anew", () => {
  const options = optionsOf([1, 1]);
  const placed = (secret: string) => sessions.slice(0, 200).map((one) => weightedChoice(secret, options, one)?.id);
  const [one, two] = [placed("one"), placed("two")];
  const equal = one.filter((id, i) => id === two[i]).length;
  // Half of 200, within 6 standard deviations.
  assert.ok(Math.abs(equal - 100) < 43, String(equal));
});
