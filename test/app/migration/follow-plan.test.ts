// A plan that another process drives: its weight is in force here as soon as its log says so, the way back above all.
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { followPlan } from "../../../src/app/migration/follow-plan.ts";
import { virtualClock } from "../../../src/core/index.ts";
import { initialState, LOG_FORMAT, makePlan, openPlanLog, type PlanState } from "../../../src/migration/index.ts";
import { temporaryFolder } from "../../core/temporary-folder.ts";

const PLAN = makePlan({ name: "p" });

function followed() {
  const clock = virtualClock();
  const logFile = join(temporaryFolder(), "plan.log");
  const log = openPlanLog(logFile);
  const says = (state: Partial<PlanState>): void => {
    const whole = { ...initialState(PLAN, clock.epoch()), ...state };
    log.restart({ kind: "snapshot", format: LOG_FORMAT, at: clock.epoch(), state: whole });
  };
  const arms = { weight: 0, released: false };
  const ends: PlanState["phase"][] = [];
  return { clock, logFile, log, says, arms, ends };
}

const weight = (set: number): PlanState["weight"] => ({ set, seq: 1, confirmed: true });

test("the weight, the end and the release are taken over from the log", () => {
  const { clock, logFile, log, says, arms, ends } = followed();
  says({ phase: "canary", weight: weight(0.5) });
  const plan = followPlan({ logFile, clock, arms, onEnded: () => void ends.push(plan.state()?.phase ?? "draft") });
  assert.equal(arms.weight, 0.5);
  clock.advance(1000);
  assert.deepEqual([arms.weight, ends], [0.5, []]);
  says({ phase: "rolled-back", weight: weight(0), ended: { at: 1, by: "watch", reasons: ["errors"] } });
  clock.advance(150);
  assert.deepEqual([arms.weight, ends], [0, ["rolled-back"]]);
  says({ phase: "completed", weight: weight(1) });
  clock.advance(150);
  assert.deepEqual([arms.weight, arms.released], [1, true]);
  plan.close();
  says({ phase: "canary", weight: weight(0.1) });
  clock.advance(1000);
  assert.equal(arms.weight, 1, "not followed any more");
  log.close();
});

test("a plan that has not begun has no weight; a log that is damaged from the start is an error, a later damage is not", () => {
  const { clock, logFile, log, says, arms } = followed();
  const plan = followPlan({ logFile, clock, arms, onEnded: () => undefined });
  assert.deepEqual([plan.state(), arms.weight], [undefined, 0]);
  says({ phase: "canary", weight: weight(0.25) });
  clock.advance(150);
  assert.equal(arms.weight, 0.25);
  writeFileSync(logFile, "x\ny\n");
  clock.advance(150);
  assert.equal(arms.weight, 0.25, "what was known stays");
  assert.throws(() => followPlan({ logFile, clock, arms, onEnded: () => undefined }), { code: "SWG_PLAN_LOG_INVALID" });
  plan.close();
  log.close();
});
