// The heap for long words and the scan for short ones make the same merges.
import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { mergeArrays, mergeTable } from "../../src/tokens/merge-table.ts";
import { mergeWord } from "../../src/tokens/merge-word.ts";

/** Merges one pair at a time, lowest rank and then leftmost first. */
function slowly(ids: readonly number[], merges: readonly { left: number; right: number; result: number }[]): number[] {
  const rest = [...ids];
  for (;;) {
    let best = merges.length;
    let at = -1;
    for (let i = 0; i + 1 < rest.length; i++) {
      const rank = merges.findIndex((merge) => merge.left === rest[i] && merge.right === rest[i + 1]);
      if (rank >= 0 && rank < best) [best, at] = [rank, i];
    }
    const merge = merges[best];
    if (merge === undefined) return rest;
    rest.splice(at, 2, merge.result);
  }
}

test("any word under any merges, short and long", () => {
  const word = fc.oneof(
    fc.array(fc.nat(3), { maxLength: 40 }),
    fc.array(fc.nat(3), { minLength: 49, maxLength: 120, size: "max" }),
  );
  const pairs = fc.uniqueArray(fc.tuple(fc.nat(9), fc.nat(9)), { maxLength: 12, selector: ([a, b]) => a * 10 + b });
  fc.assert(
    fc.property(word, pairs, (ids, list) => {
      const merges = list.map(([left, right], rank) => ({ left, right, result: 4 + (rank % 6) }));
      assert.deepEqual(mergeWord([...ids], mergeTable(mergeArrays(merges))), slowly(ids, merges));
    }),
    { numRuns: 500 },
  );
});
