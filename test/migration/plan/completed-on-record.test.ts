// A completed migration is found in the logs of a state directory; nothing else counts, and nothing is written.
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import {
  completedOnRecord,
  initialState,
  makePlan,
  openPlanLog,
  type PlanState,
  type PlanTarget,
} from "../../../src/migration/index.ts";

const folder = mkdtempSync(join(tmpdir(), "switchgear-record-"));
after(() => rmSync(folder, { recursive: true }));

const TARGET = { model: "m", strategy: "colocated" } as const;

function logged(name: string, phase: PlanState["phase"], target: PlanTarget | "elsewhere" = TARGET): string {
  const file = join(folder, "migrations", name, "plan.log");
  const log = openPlanLog(file);
  const state = { ...initialState(makePlan({ name, ...(target !== "elsewhere" && { target }) }), 0), phase };
  log.restart({ kind: "snapshot", format: 1, at: 0, state });
  log.close();
  return file;
}

test("what completed plans moved to, by their logs; damaged logs and other files prove nothing", () => {
  assert.deepEqual(completedOnRecord(join(folder, "none")), []);
  logged("running", "canary");
  logged("failed", "rolled-back");
  const file = logged("done", "completed");
  logged("outside", "completed", "elsewhere");
  logged("other", "completed", { ...TARGET, model: "other" });
  const damaged = logged("damaged", "completed");
  writeFileSync(damaged, `x${readFileSync(damaged, "utf8")}`);
  mkdirSync(join(folder, "migrations", "empty"));
  writeFileSync(join(folder, "migrations", "stray"), "");
  const before = readFileSync(file, "utf8");
  assert.deepEqual(completedOnRecord(folder), [TARGET, { ...TARGET, model: "other" }]);
  assert.equal(readFileSync(file, "utf8"), before);
});
