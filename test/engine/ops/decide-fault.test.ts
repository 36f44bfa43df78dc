// Which requests are struck: by seed alone, at the stated rate.
import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { seededRandom } from "../../../src/core/index.ts";
import { decideFault } from "../../../src/engine/ops/decide-fault.ts";
import { type FaultSpec, parseFaultSpec } from "../../../src/engine/ops/fault-spec.ts";

function decisions(spec: FaultSpec, count: number) {
  const random = seededRandom(spec.seed);
  return Array.from({ length: count }, () => decideFault(spec, random));
}

test("the same seed gives the same decisions, and another fault does not move them", () => {
  fc.assert(
    fc.property(fc.integer(), fc.double({ min: 0, max: 1, noNaN: true }), (seed, rate) => {
      const stall = { afterChunks: 1, rate };
      const alone = decisions(parseFaultSpec({ seed, stall }, "test"), 50);
      const slow = decisions(parseFaultSpec({ seed, stall, latency: { ms: 5, rate: 0.5 } }, "test"), 50);
      assert.deepEqual(
        alone.map((fault) => fault.cut),
        slow.map((fault) => fault.cut),
      );
    }),
  );
});

test("rates hold over many requests", () => {
  const spec = parseFaultSpec(
    {
      errors: [
        { kind: "500", rate: 0.1 },
        { kind: "503", rate: 0.3 },
      ],
      close: { afterChunks: 0, rate: 0.5 },
    },
    "test",
  );
  const made = decisions(spec, 10_000);
  const share = (holds: (fault: (typeof made)[number]) => boolean) => made.filter(holds).length / made.length;
  assert.ok(Math.abs(share((fault) => fault.answer === "500") - 0.1) < 0.02);
  assert.ok(Math.abs(share((fault) => fault.answer === "503") - 0.3) < 0.02);
  assert.ok(Math.abs(share((fault) => fault.cut !== undefined) - 0.3) < 0.02);
});

test("jitter stays within its bounds; no faults, no decision", () => {
  const jittered = decisions(parseFaultSpec({ latency: { ms: 10, jitterMs: 20 } }, "test"), 200).map(
    (fault) => fault.delayMs,
  );
  assert.ok(Math.min(...jittered) >= 10 && Math.max(...jittered) < 30);
  assert.ok(Math.max(...jittered) - Math.min(...jittered) > 10);
  for (const fault of decisions(parseFaultSpec({}, "test"), 20)) {
    assert.deepEqual(fault, { delayMs: 0, answer: undefined, cut: undefined });
  }
});
