// The lock of a plan: held by a live process, free after a crash, and not fooled by a number that another process has now.
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import { lockPlan } from "../../../src/app/migration/lock-plan.ts";

let folder: string;
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), "switchgear-lock-"))));
afterEach(() => rmSync(folder, { recursive: true }));

const file = () => join(folder, "lock");
const parent = process.ppid;

test("a live holder keeps it, a release frees it", () => {
  const lock = lockPlan(folder);
  const [pid] = readFileSync(file(), "utf8").split(" ");
  assert.equal(pid, String(process.pid));
  lock.release();
  lockPlan(folder).release();
  writeFileSync(file(), String(parent));
  assert.throws(() => lockPlan(folder), { code: "SWG_PLAN_LOCKED" }, "written by a release that knew no start times");
});

test(
  "a holder that is gone, or whose number another process has, holds nothing",
  { skip: process.platform !== "linux" },
  () => {
    writeFileSync(file(), "4194304 1@gone");
    lockPlan(folder).release();
    writeFileSync(file(), `${parent} 1@another-boot`);
    lockPlan(folder).release();
  },
);
