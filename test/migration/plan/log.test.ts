// The write-ahead log: cut at every byte it resumes exactly; damage is named; a full disk never keeps traffic on the candidate.
import assert from "node:assert/strict";
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { initialState, makePlan, openPlanLog, planRunner, reduce, replay } from "../../../src/migration/index.ts";
import { SwitchgearError, virtualClock } from "../../../src/core/index.ts";
import type { PlanEffect } from "../../../src/migration/plan/effect.ts";
import { decodeLog, encodeRecord, LOG_FORMAT, type LogRecord } from "../../../src/migration/plan/log-codec.ts";
import { type PlanLog } from "../../../src/migration/plan/log-file.ts";
import { type PlanState } from "../../../src/migration/plan/state.ts";
import { counts, scenario } from "./scenario.ts";

const folder = mkdtempSync(join(tmpdir(), "plan-log-"));
after(() => rmSync(folder, { recursive: true }));
const plan = makePlan({
  name: "p",
  steps: [{ weight: 0.5 }, { weight: 1, soakMs: 0 }],
  finalHoldMs: 60_000,
  minRequests: 10,
});

/** A migration that pauses, resumes, reaches 100 % and is rolled back. */
function story(): { records: LogRecord[]; states: PlanState[] } {
  const run = scenario({}, plan);
  const interval = () => ({ legacy: counts(5000), candidate: counts(5000) });
  run.begin();
  run.pass(60_000, interval);
  run.command({ name: "pause", reason: "ä long „quoted“ reason\nwith a line end" });
  run.command({ name: "resume" });
  run.pass(60_000, interval);
  run.command({ name: "promote" });
  run.send({ type: "evidence", evidence: { windows: { error: [0, 30], ttft: [2] } } });
  run.send({ type: "evidence", evidence: { breaker: "breaker: 2 active probes in a row failed" } });
  const records: LogRecord[] = [{ kind: "plan", format: LOG_FORMAT, at: 0, plan }];
  const states = [initialState(plan, 0)];
  for (const { at, event } of run.events) {
    records.push({ kind: "event", at, event });
    states.push(reduce(states.at(-1) ?? initialState(plan, 0), event, at).state);
  }
  assert.equal(states.at(-1)?.phase, "rolled-back");
  return { records, states };
}

test("a log cut at every byte replays to the state before the cut, and goes on to the same end", () => {
  const { records, states } = story();
  const bytes = Buffer.from(records.map(encodeRecord).join(""));
  const seen = new Set<number>();
  for (let cut = 0; cut <= bytes.length; cut++) {
    const { records: whole, validBytes } = decodeLog(bytes.subarray(0, cut), "log");
    assert.ok(validBytes <= cut);
    if (seen.has(whole.length)) continue;
    seen.add(whole.length);
    const state = replay(whole);
    assert.deepEqual(state, states[whole.length - 1], `after ${whole.length} records`);
    assert.deepEqual(replay([...whole, ...records.slice(whole.length)]), states.at(-1));
  }
  assert.equal(seen.size, records.length + 1);
});

test("a kill at every write point resumes from the file: the torn end goes, new records follow", () => {
  const { records, states } = story();
  const bytes = Buffer.from(records.map(encodeRecord).join(""));
  const path = join(folder, "torn.log");
  for (let cut = 0; cut <= bytes.length; cut += 37) {
    writeFileSync(path, bytes.subarray(0, cut));
    const log = openPlanLog(path);
    assert.deepEqual(replay(log.records), states[log.records.length - 1]);
    for (const record of records.slice(log.records.length)) log.append(record, false);
    log.close();
    assert.deepEqual(readFileSync(path), bytes, `cut at ${cut}`);
  }
});

test("a damaged line before whole ones, a gap, and a newer format are errors", () => {
  const { records } = story();
  const lines = records.map(encodeRecord);
  const invalid = (text: string, where: RegExp) =>
    assert.throws(
      () => decodeLog(Buffer.from(text), "plan.log"),
      (error) => error instanceof SwitchgearError && error.code === "SWG_PLAN_LOG_INVALID" && where.test(error.message),
    );
  const [first = "", second = "", third = ""] = lines;
  invalid(first + second.replace("tick", "tock").replace("command", "commend") + third, /Line 2/);
  invalid(first + third + second, /Line 2/);
  invalid(second + third, /Line 1/);
  invalid(encodeRecord({ kind: "plan", format: 99, at: 0, plan }, 0), /newer release/);
  assert.equal(decodeLog(Buffer.from(`${first}00000000 {"n":1}\n`), "x").records.length, 1, "a torn page at the end");
});

interface Bench {
  readonly weights: number[];
  readonly texts: string[];
  readonly apply: (effect: PlanEffect, dispatch: (event: { type: "weightApplied"; seq: number }) => void) => void;
}

function bench(): Bench {
  const weights: number[] = [];
  const texts: string[] = [];
  return {
    weights,
    texts,
    apply(effect, dispatch) {
      if (effect.type === "log") texts.push(effect.text);
      if (effect.type !== "setWeight") return;
      weights.push(effect.weight);
      dispatch({ type: "weightApplied", seq: effect.seq });
    },
  };
}

test("the runner writes before it applies, and after a restart repeats what may be missing", () => {
  const path = join(folder, "runner.log");
  const clock = virtualClock();
  const first = bench();
  const log = openPlanLog(path);
  const apply: Bench["apply"] = (effect, dispatch) => {
    if (effect.type === "setWeight") assert.match(readFileSync(path, "utf8"), /"name":"promote"/);
    first.apply(effect, dispatch);
  };
  const runner = planRunner({ log, clock, plan: { ...plan, shadow: false }, apply });
  runner.dispatch({ type: "command", actor: "a", command: { name: "start" } });
  runner.dispatch({ type: "preflight", failures: [] });
  runner.dispatch({ type: "command", actor: "a", command: { name: "promote" } });
  assert.deepEqual([first.weights, runner.state().weight.confirmed], [[0.5], true]);
  const before = runner.state();
  log.close();
  appendFileSync(path, "half a rec");
  const second = bench();
  const again = openPlanLog(path);
  const resumed = planRunner({ log: again, clock, plan, apply: second.apply });
  assert.deepEqual(resumed.state(), { ...before, lastTickAt: clock.epoch() });
  assert.deepEqual(second.weights, [0.5]);
  again.close();
});

test("a snapshot replaces the log and continues the same", () => {
  const { records, states } = story();
  const path = join(folder, "snapshot.log");
  const clock = virtualClock();
  const log = openPlanLog(path);
  const runner = planRunner({ log, clock, plan, apply: () => undefined, snapshotEvery: 5 });
  for (const record of records) if (record.kind === "event") runner.dispatch(record.event);
  assert.ok(log.length <= 6);
  log.close();
  const again = openPlanLog(path);
  assert.equal(again.records[0]?.kind, "snapshot");
  assert.deepEqual(replay(again.records), JSON.parse(JSON.stringify(runner.state())));
  assert.equal(runner.state().phase, states.at(-1)?.phase);
  again.close();
});

test("a log that cannot be written refuses every change but the way back to the legacy arm", () => {
  let full = false;
  const records: LogRecord[] = [];
  const log: PlanLog = {
    records,
    length: 0,
    append: () => {
      if (full) throw new Error("ENOSPC: no space left on device");
    },
    restart: () => undefined,
    close: () => undefined,
  };
  const gateway = bench();
  const runner = planRunner({ log, clock: virtualClock(), plan: { ...plan, shadow: false }, apply: gateway.apply });
  runner.dispatch({ type: "command", actor: "a", command: { name: "start" } });
  runner.dispatch({ type: "preflight", failures: [] });
  runner.dispatch({ type: "tick" });
  full = true;
  assert.throws(() => runner.dispatch({ type: "command", actor: "a", command: { name: "promote" } }), /ENOSPC/);
  assert.deepEqual(gateway.weights, [0.5]);
  runner.dispatch({ type: "evidence", evidence: { breaker: "breaker: 2 active probes in a row failed" } });
  assert.deepEqual(gateway.weights, [0.5, 0]);
  const said = gateway.texts.filter((text) => text.startsWith("ROLLBACK"));
  assert.deepEqual(said, [
    "ROLLBACK TRIGGERED: breaker: 2 active probes in a row failed",
    "ROLLBACK COMPLETE: All traffic shifted to vLLM",
  ]);
});
