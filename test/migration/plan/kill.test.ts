// kill -9 at every write point: what was applied is in the log, and the log resumes to a state of the run without a kill.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { openPlanLog, replay } from "../../../src/migration/index.ts";
import type { PlanEffect } from "../../../src/migration/plan/effect.ts";
import { outstanding } from "../../../src/migration/plan/reduce.ts";
import type { PlanState } from "../../../src/migration/plan/state.ts";

const folder = mkdtempSync(join(tmpdir(), "plan-kill-"));
after(() => rmSync(folder, { recursive: true }));

interface Killed {
  readonly signal: string | undefined;
  readonly lines: readonly (PlanEffect | { readonly points: number })[];
  readonly state: PlanState | undefined;
}

async function runKilledAt(point: number): Promise<Killed> {
  const path = join(folder, `${point}.log`);
  const program = join(import.meta.dirname, "killed-runner.ts");
  const { signal, stdout } = await new Promise<{ signal: string | undefined; stdout: string }>((resolve) => {
    execFile(process.execPath, [program, path, String(point)], (error, stdout) => {
      resolve({ signal: error?.signal ?? undefined, stdout });
    });
  });
  const log = openPlanLog(path);
  log.close();
  const lines = stdout.split("\n").filter((line) => line !== "");
  return {
    signal,
    lines: lines.map((line) => JSON.parse(line) as Killed["lines"][number]),
    state: replay(log.records),
  };
}

/** In order; four processes at a time. */
async function eachFour(points: readonly number[]): Promise<readonly Killed[]> {
  const found: Killed[] = [];
  for (let i = 0; i < points.length; i += 4)
    found.push(...(await Promise.all(points.slice(i, i + 4).map(runKilledAt))));
  return found;
}

test(
  "killed at each write point, the plan resumes where its log ends, and nothing was applied that is not in it",
  { timeout: 60_000 },
  async () => {
    const whole = await runKilledAt(0);
    assert.equal(whole.state?.phase, "rolled-back");
    const last = whole.lines.at(-1);
    assert.ok(last !== undefined && "points" in last && last.points > 20);
    const phases = new Set<string>();
    const points = Array.from({ length: last.points }, (_, i) => i + 1);
    for (const [i, { signal, lines, state }] of (await eachFour(points)).entries()) {
      const point = i + 1;
      assert.equal(signal, "SIGKILL", `point ${point}`);
      phases.add(state?.phase ?? "none");
      for (const effect of lines) {
        assert.ok("type" in effect && effect.type === "setWeight" && state !== undefined);
        assert.ok(
          effect.seq <= state.weight.seq,
          `point ${point}: weight ${effect.weight} was applied before it was written`,
        );
      }
      if (state === undefined || state.weight.seq === 0) continue;
      const { set: weight, seq } = state.weight;
      assert.deepEqual(
        outstanding(state)[0],
        { type: "setWeight", weight, seq },
        "the weight is set again after a restart",
      );
    }
    assert.deepEqual([...phases], ["none", "draft", "preflight", "ready", "canary", "rolled-back"]);
  },
);
