// The tabulated step model agrees with the model that it was made from.
import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { loadProfile, profileNames, stepCost } from "../../src/model/index.ts";
import { stepTable } from "../../src/routing/step-table.ts";

const costs = profileNames().map((name) => stepCost(loadProfile(name)));
const load = fc.record({
  cost: fc.constantFrom(...costs),
  sequences: fc.nat(1024),
  mean: fc.integer({ min: 1, max: 20_000 }),
  cached: fc.nat(100_000),
  uncached: fc.integer({ min: 1, max: 200_000 }),
});

function close(actual: number, expected: number): void {
  assert.ok(Math.abs(actual - expected) <= 0.005 * expected, `${actual} for ${expected}`);
}

test("decode steps and prefills agree within half a percent on every profile", () => {
  fc.assert(
    fc.property(load, ({ cost, sequences, mean, cached, uncached }) => {
      const context = sequences * mean;
      const decode = { decodeSequences: sequences, decodeContext: context };
      const pairs = uncached * (cached + uncached / 2);
      close(
        stepTable(cost).prefillMs({ tokens: uncached, pairs }, { sequences, context }),
        cost.prefillMs({ cached, uncached, ...decode }),
      );
      if (sequences === 0) return;
      close(
        stepTable(cost).decodeMs({ sequences, context }),
        cost.stepMs({ tokens: sequences, prefillPairs: 0, ...decode }),
      );
    }),
    { numRuns: 2000 },
  );
});

test("no work takes no time", () => {
  for (const cost of costs) {
    const idle = { sequences: 0, context: 0 };
    assert.equal(stepTable(cost).decodeMs(idle), 0);
    assert.equal(stepTable(cost).prefillMs({ tokens: 0, pairs: 0 }, idle), 0);
  }
});
