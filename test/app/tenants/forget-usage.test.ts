// The ledger's memory: whole days go by the settings in force, portion after portion, and a store that fails is asked again.
import assert from "node:assert/strict";
import { test } from "node:test";
import { forgetUsage } from "../../../src/app/tenants/forget-usage.ts";
import { virtualClock } from "../../../src/core/virtual-clock.ts";
import type { OldUsage } from "../../../src/state/index.ts";
import { silentLog } from "../../../src/telemetry/index.ts";

const DAY_MS = 86_400_000;
const NOON = Date.UTC(2026, 10, 15, 12);

test("it asks for whole days until nothing is left, then each hour, by the settings of the moment", async () => {
  const clock = virtualClock(NOON);
  const asked: OldUsage[] = [];
  const state = { left: 2, down: false, keepDays: 90 };
  const store = {
    async forget(old: OldUsage) {
      asked.push(old);
      if (state.down) throw new Error("down");
      return state.left-- > 0 ? 1000 : 0;
    },
  };
  const keeping = () => ({ keepDays: state.keepDays, keepSumsDays: 1100 });
  const one = forgetUsage({ store, clock, log: silentLog, keeping });
  const pass = async (ms: number) => {
    clock.advance(ms);
    await new Promise((resolve) => void setImmediate(resolve));
  };
  for (let i = 0; i < 5; i++) await pass(100);
  assert.equal(asked.length, 3, "two portions, and one that found nothing");
  const midnight = Date.UTC(2026, 10, 15);
  assert.equal(asked[0]?.rowsBefore, midnight - 90 * DAY_MS);
  assert.equal(asked[0]?.sumsBefore, midnight - 1100 * DAY_MS);
  state.down = true;
  await pass(3_600_000);
  assert.equal(asked.length, 4);
  state.down = false;
  state.keepDays = 7;
  await pass(3_600_000);
  assert.equal(asked[4]?.rowsBefore, midnight - 7 * DAY_MS);
  one.close();
  await pass(10 * 3_600_000);
  assert.equal(asked.length, 5);
});
