// The curve of equal tokens against the legacy's own repeats.
import assert from "node:assert/strict";
import { test } from "node:test";
import { seededRandom } from "../../../src/core/index.ts";
import type { PairRecord } from "../../../src/migration/compare/pair-record.ts";
import { divergenceReport } from "../../../src/migration/verdict/divergence-report.ts";
import { virtualPairs } from "./simulation.ts";

/** Outputs of 200 tokens that part with this chance at each token. */
function parting(kind: PairRecord["kind"], chance: number): PairRecord[] {
  const random = seededRandom(`${kind} ${chance}`);
  return virtualPairs({ pairs: 400, seed: kind }).map((pair) => {
    const index = Math.floor(Math.log(1 - random.next()) / Math.log(1 - chance));
    const divergence = index < 200 ? { index, diverged: true } : { index: 200, diverged: false };
    return pair.comparison === undefined ? pair : { ...pair, kind, comparison: { ...pair.comparison, divergence } };
  });
}

test("the curve falls as outputs part, and the log-rank test tells more noise from the same noise", () => {
  const same = divergenceReport(parting("pair", 0.004), parting("repeat", 0.004));
  const worse = divergenceReport(parting("pair", 0.02), parting("repeat", 0.004));
  assert.ok(same?.logRankP !== undefined && same.logRankP > 0.01, String(same?.logRankP));
  assert.ok(worse?.logRankP !== undefined && worse.logRankP < 1e-6);
  const at64 = worse.curve.find(({ tokens }) => tokens === 64);
  assert.ok(
    at64 !== undefined &&
      Math.abs(at64.pairs - 0.98 ** 64) < 0.08 &&
      Math.abs((at64.repeats ?? 0) - 0.996 ** 64) < 0.08,
  );
});

test("without repeats there is a curve and no test; without tokens there is nothing", () => {
  const alone = divergenceReport(parting("pair", 0.01), []);
  assert.ok(alone !== undefined && alone.logRankP === undefined && alone.curve[0]?.repeats === undefined);
  assert.equal(divergenceReport(virtualPairs({ pairs: 10, seed: 1 }), []), undefined);
});
