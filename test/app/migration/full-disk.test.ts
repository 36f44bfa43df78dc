// A log that cannot be written: nothing moves forward, the way back stays open, and users notice nothing.
import assert from "node:assert/strict";
import { test } from "node:test";
import { planFaults } from "../../../src/app/migration/faults.ts";
import { rollbackIsBlind } from "../../../src/app/migration/driver-rules.ts";
import { virtualClock } from "../../../src/core/index.ts";
import { initialState, makePlan } from "../../../src/migration/index.ts";
import { silentLog } from "../../../src/telemetry/index.ts";

const plan = makePlan({ name: "p", noDataGraceMs: 60_000 });

test("a watch whose evidence cannot be logged for the plan's grace goes back; one that recovers does not", () => {
  const clock = virtualClock();
  const faults = planFaults("p", { clock, log: silentLog });
  const live = { ...initialState(plan, clock.epoch()), phase: "canary" as const };
  const blind = () => rollbackIsBlind(live, { blindSince: faults.since("log"), now: clock.epoch() });
  assert.equal(blind(), false);
  faults.raise("log", "no space left");
  clock.advance(50_000);
  faults.raise("log", "no space left");
  assert.equal(blind(), false);
  clock.advance(20_000);
  assert.equal(blind(), true, "counted from the first failure");
  assert.deepEqual(faults.list(), ["no space left"]);
  faults.clear("log");
  assert.equal(blind(), false);
  faults.raise("log", "again");
  const draft = initialState(plan, clock.epoch());
  clock.advance(100_000);
  assert.equal(rollbackIsBlind(draft, { blindSince: faults.since("log"), now: clock.epoch() }), false);
});
