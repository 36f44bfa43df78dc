// The short part of the fault suite: a real gateway process, workers that fail by a seeded plan, clients that know the right answers.
import assert from "node:assert/strict";
import { test } from "node:test";
import { FAULTS, faultPlan } from "./plan.ts";
import { faultRun } from "./run.ts";

const SEED = 7;

test("the same seed gives the same faults; each kind comes before any comes again; half of the workers stay well", () => {
  const setting = { seed: SEED, durationMs: 120_000, workers: 6 };
  const plan = faultPlan(setting);
  assert.deepEqual(plan, faultPlan(setting));
  assert.notDeepEqual(plan, faultPlan({ ...setting, seed: SEED + 1 }));
  const kinds = Object.keys(FAULTS).length;
  assert.equal(new Set(plan.slice(0, kinds).map(({ name }) => name)).size, kinds);
  for (const { atMs } of plan) {
    const failing = plan.filter((one) => one.atMs <= atMs && one.atMs + one.forMs > atMs);
    assert.ok(failing.length <= 3);
    assert.ok(failing.every(({ worker }) => worker !== 0));
  }
});

test(`a few seconds of faults, seed ${SEED}: every request ends once, exact or cleanly failed, and nothing is left`, async () => {
  const result = await faultRun({ seed: SEED, durationMs: 6000, workers: 4, clients: 8 });
  assert.deepEqual(
    result.violations,
    [],
    `replay: npm run test:faults -- --seed ${SEED} --seconds 6 --workers 4 --clients 8`,
  );
  assert.ok(result.verdicts.exact > 50, `${result.verdicts.exact} exact answers`);
});

test(`faults at prefill and decode workers, seed ${SEED}: the same holds for requests of two legs`, async () => {
  const result = await faultRun({ seed: SEED, durationMs: 6000, workers: 4, prefill: 2, clients: 8 });
  assert.deepEqual(
    result.violations,
    [],
    `replay: npm run test:faults -- --seed ${SEED} --seconds 6 --workers 4 --prefill 2 --clients 8`,
  );
  assert.ok(result.verdicts.exact > 50, `${result.verdicts.exact} exact answers`);
});
