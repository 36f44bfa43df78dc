// What a driver does again and again, on a virtual clock.
import assert from "node:assert/strict";
import { test } from "node:test";
import { type BeatParts, driverBeat } from "../../../src/app/migration/driver-beat.ts";
import { virtualClock } from "../../../src/core/index.ts";

test("bug: a legacy arm that came up a moment late held the plan until the next check, half a minute later", () => {
  const clock = virtualClock();
  let ready = false;
  let legacyCanTakeAll = true;
  const told: { at: number; legacyCanTakeAll: boolean }[] = [];
  const parts = {
    config: { rollback: { probeSeconds: 3600 } },
    inForce: { checkIntervalMs: 30_000 },
    clock,
    arms: { all: () => [{ state: ready ? "ready" : "starting" }] },
    baseline: { ms: () => undefined },
    shadow: { tick: () => undefined },
    faults: { since: () => undefined },
    seat: {
      state: () => ({
        phase: "shadowing",
        legacyCanTakeAll,
        plan: { rollback: { ttft: { baselineFrom: "measured" } } },
      }),
    },
    dispatch(event: { type: string; legacyCanTakeAll?: boolean }) {
      if (event.type !== "capacity") return;
      legacyCanTakeAll = event.legacyCanTakeAll === true;
      told.push({ at: clock.now(), legacyCanTakeAll });
    },
  } as unknown as BeatParts;
  const beat = driverBeat(parts);
  clock.advance(1500);
  ready = true;
  clock.advance(5000);
  beat.close();
  assert.deepEqual(told, [
    { at: 1000, legacyCanTakeAll: false },
    { at: 2000, legacyCanTakeAll: true },
  ]);
});
