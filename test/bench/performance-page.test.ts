// docs/performance.md from kept results.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { thisMachine } from "../../bench/lib/machine.ts";
import { measureDecisions } from "../../bench/lib/decision-time.ts";
import { performancePage } from "../../bench/performance-page.ts";

test("a section without a kept result says so, one with it shows its figures", (t) => {
  const folder = mkdtempSync(join(tmpdir(), "switchgear-performance-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const empty = performancePage(folder);
  const sections = empty.match(/^## /gm)?.length ?? 0;
  assert.ok(sections >= 4);
  assert.equal(unmeasured(empty), sections);
  const decision = measureDecisions({ warmUp: 1, rounds: 3 });
  writeFileSync(join(folder, "decision.json"), JSON.stringify({ machine: thisMachine(), decision }));
  const page = performancePage(folder);
  assert.equal(unmeasured(page), sections - 1);
  assert.match(page, /\| kv_aware \| \d+ \| \d+ \| \d+ \| \d+ \|/);
  assert.match(page, /64 workers, a prompt of 12000 tokens/);
});

function unmeasured(page: string): number {
  return page.match(/Not measured yet/g)?.length ?? 0;
}
