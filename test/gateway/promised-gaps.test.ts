// The tightest gap that is promised to a request at a worker, as they come and go.
import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { promisedGaps } from "../../src/gateway/promised/promised-gaps.ts";

test("property: the least of those that are there, none when nobody is", () => {
  const step = fc.record({ worker: fc.constantFrom("a", "b"), ms: fc.constantFrom(20, 50, 100), ends: fc.boolean() });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 100 }), (steps) => {
      const gaps = promisedGaps();
      const there: Record<string, number[]> = { a: [], b: [] };
      for (const { worker, ms, ends } of steps) {
        const list = there[worker] ?? [];
        const at = list.indexOf(ms);
        if (ends && at < 0) continue;
        if (ends) list.splice(at, 1);
        else list.push(ms);
        gaps[ends ? "end" : "begin"](worker, ms);
        for (const [id, all] of Object.entries(there))
          assert.equal(gaps.tightest(id), all.length === 0 ? undefined : Math.min(...all));
      }
    }),
  );
});
