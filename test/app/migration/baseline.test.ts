// The TTFT baseline of a plan that names none: measured on the legacy arm before the first step, the seed's 500 ms until then.
import assert from "node:assert/strict";
import { test } from "node:test";
import { legacyBaseline } from "../../../src/app/migration/legacy-baseline.ts";
import { wantsBaseline } from "../../../src/app/migration/driver-rules.ts";
import { initialState, makePlan, reduce } from "../../../src/migration/index.ts";

const SETTINGS = { name: "p", shadow: false } as const;

test("a thousand first tokens of the legacy arm are a baseline; the candidate's are none", () => {
  const baseline = legacyBaseline();
  const leg = { at: 0, class: "ok" } as const;
  for (let i = 0; i < 999; i++) baseline.note({ ...leg, arm: "legacy", ttftMs: 200 });
  for (let i = 0; i < 999; i++) baseline.note({ ...leg, arm: "candidate", ttftMs: 9000 });
  baseline.note({ ...leg, arm: "legacy" });
  assert.equal(baseline.ms(), undefined);
  baseline.note({ ...leg, arm: "legacy", ttftMs: 200 });
  assert.equal(baseline.ms(), 200);
});

test("the threshold is min(2 × measured, cap × SLO); a stated baseline and a running step are not moved", () => {
  const draft = initialState(makePlan({ ...SETTINGS, ttft: { sloMs: 700 } }), 0);
  assert.equal(draft.plan.rollback.ttft.baselineFrom, "seed-default");
  assert.equal(draft.plan.rollback.ttft.thresholdMs, 700);
  assert.equal(wantsBaseline(draft), true);
  const { state } = reduce(draft, { type: "baseline", baselineMs: 200 }, 1);
  const { thresholdMs, fromBaselineMs, fromSloMs, baselineFrom } = state.plan.rollback.ttft;
  assert.deepEqual(
    { thresholdMs, fromBaselineMs, fromSloMs, baselineFrom },
    {
      thresholdMs: 400,
      fromBaselineMs: 400,
      fromSloMs: 700,
      baselineFrom: "measured",
    },
  );
  assert.equal(wantsBaseline(state), false);
  assert.equal(reduce(state, { type: "baseline", baselineMs: 900 }, 2).state, state, "once");
  const stated = initialState(makePlan({ ...SETTINGS, ttft: { baselineMs: 100 } }), 0);
  assert.equal(reduce(stated, { type: "baseline", baselineMs: 900 }, 2).state, stated);
  const live = { ...draft, phase: "canary" as const };
  assert.equal(reduce(live, { type: "baseline", baselineMs: 200 }, 2).state, live);
});
