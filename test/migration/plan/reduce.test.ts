// The life of a plan: the seed's schedule, holds, commands, rollback; all on a virtual clock.
import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { SEED_SCHEDULE, blockers, initialState, makePlan, reduce } from "../../../src/migration/index.ts";
import { SwitchgearError } from "../../../src/core/index.ts";
import type { Command, PlanEvent } from "../../../src/migration/plan/event.ts";
import { DAY_MS, seedSteps } from "../../../src/migration/plan/plan.ts";
import { outstanding } from "../../../src/migration/plan/reduce.ts";
import { counts, healthy, PASS, scenario } from "./scenario.ts";

const HOUR = 3_600_000;
const isCompleted = (phase: string) => phase === "completed";
const kinds = (run: ReturnType<typeof scenario>) => blockers(run.state, run.now).map(({ kind }) => kind);

test("the default schedule is the seed's, with its notes", () => {
  assert.deepEqual(SEED_SCHEDULE[0], { day: 1, weight: 0.01, note: "1% canary" });
  assert.deepEqual(SEED_SCHEDULE[6], { day: 14, weight: 1.0, note: "100% -- full cutover" });
  assert.deepEqual(
    seedSteps().map(({ soakMs }) => soakMs / DAY_MS),
    [1, 1, 2, 2, 3, 4, 0],
  );
  const plan = makePlan({ name: "p" });
  const beforeHold = plan.rollback.horizonRequests - 100 * 3 * 86_400;
  assert.ok(Math.abs(beforeHold - 45_446_400) < 5000, `${beforeHold} candidate requests before day 14`);
});

test("a healthy migration takes the seed's days, keeps the legacy ready for the hold, and completes", () => {
  const run = scenario();
  const entered = new Map<number, number>();
  run.begin();
  entered.set(run.state.step, run.now);
  for (let hour = 0; hour < 24 * 18 && !isCompleted(run.state.phase); hour++) {
    run.pass(HOUR);
    if (!entered.has(run.state.step)) entered.set(run.state.step, run.now);
    const released = run.effects.some(({ type }) => type === "releaseLegacy");
    assert.equal(released, isCompleted(run.state.phase));
  }
  assert.equal(run.state.phase, "completed");
  const days = [...entered.values()].map((at) => Math.round((at / DAY_MS) * 10) / 10 + 1);
  assert.deepEqual(
    days,
    SEED_SCHEDULE.map(({ day }) => day),
  );
  assert.ok(run.now / DAY_MS > 15.9 && run.now / DAY_MS < 16.5, `completed after ${run.now / DAY_MS} days`);
  assert.equal(run.effects.at(-1)?.type, "releaseLegacy");
  assert.ok(run.texts().includes("step 2 of 7: 5% if day 1 healthy"));
});

test("a time scale compresses the soak, not the requests a step needs", () => {
  const run = scenario({ timeScale: 2000, minRequests: 500, checkIntervalMs: 1000 });
  run.begin();
  run.pass(DAY_MS / 2000, () => ({ legacy: counts(90), candidate: counts(9) }));
  assert.deepEqual(kinds(run), ["requests", "gate"]);
  run.pass(20_000, () => ({ legacy: counts(90), candidate: counts(9) }));
  assert.equal(run.state.step, 1);
});

test("steps whose weights do not rise to 1 are refused", () => {
  for (const weights of [[0.5, 0.2, 1], [0.1, 0.5], [], [0.1, 0.1, 1]]) {
    assert.throws(
      () => makePlan({ name: "p", steps: weights.map((weight) => ({ weight })) }),
      (error) => error instanceof SwitchgearError && error.code === "SWG_PLAN_INVALID",
    );
  }
});

test("preflight failures block the start unless overridden by name", () => {
  const plan = makePlan({ name: "p" });
  const start = (override: readonly string[]) => {
    const started = reduce(
      initialState(plan, 0),
      { type: "command", actor: "a", command: { name: "start", override } },
      0,
    );
    return reduce(started.state, { type: "preflight", failures: ["tool-calls", "logprobs"] }, 1);
  };
  assert.equal(start(["tool-calls"]).state.phase, "draft");
  assert.deepEqual(
    start(["tool-calls"]).effects.map((effect) => (effect.type === "log" ? effect.text : effect.type)),
    ["preflight failed: logprobs", "notify"],
  );
  assert.equal(start(["tool-calls", "logprobs"]).state.phase, "shadowing");
});

test("shadowing goes on until a PROCEED; another verdict needs a forced promote", () => {
  const run = scenario();
  run.command({ name: "start" });
  run.send({ type: "verdict", verdict: { verdict: "INVESTIGATE", reasons: ["G2 fails"] } });
  run.pass(HOUR);
  assert.equal(run.state.phase, "shadowing");
  assert.equal(run.command({ name: "promote" }).refusal?.code, "not-safe");
  assert.equal(run.command({ name: "promote", force: true }).refusal, undefined);
  assert.deepEqual([run.state.phase, run.state.step, run.state.weight.set], ["canary", 0, 0.01]);
});

test("silence holds the plan: time without evidence is no soak, and it is told once", () => {
  const run = scenario();
  run.begin();
  run.pass(HOUR);
  const before = run.state.progress.soakedMs;
  run.pass(3 * HOUR, () => undefined);
  assert.ok(kinds(run).includes("no-data"));
  assert.ok(run.state.progress.soakedMs - before <= run.state.plan.noDataGraceMs + 60_000);
  assert.equal(run.texts().filter((text) => text.startsWith("held: no answer")).length, 1);
  run.pass(HOUR, () => ({ legacy: counts(3000), candidate: counts(0) }));
  assert.ok(kinds(run).includes("no-data"), "an interval without a candidate request is silence too");
  run.pass(HOUR);
  assert.ok(!kinds(run).includes("no-data"));
});

test("a process that was away does not count its absence as soak", () => {
  const run = scenario();
  run.begin();
  run.pass(HOUR);
  const { soakedMs } = run.state.progress;
  run.now += 20 * HOUR;
  run.send({ type: "restarted" });
  run.pass(60_000);
  assert.ok(run.state.progress.soakedMs <= soakedMs + 120_000);
});

test("a clock that is set back neither stops the soak nor hides silence; one set forward is no soak", () => {
  const run = scenario();
  run.begin();
  run.pass(HOUR);
  run.now -= 6 * HOUR;
  const { soakedMs } = run.state.progress;
  run.pass(HOUR);
  assert.ok(run.state.progress.soakedMs - soakedMs >= HOUR - 60_000);
  run.pass(HOUR, () => undefined);
  assert.ok(kinds(run).includes("no-data"));
  run.pass(HOUR);
  const before = run.state.progress.soakedMs;
  run.now += 6 * HOUR;
  run.pass(60_000);
  assert.ok(run.state.progress.soakedMs - before <= 120_000);
  assert.equal(run.state.phase, "canary");
});

test("an undecided gate looks again after half as many requests more, at half the level", () => {
  const run = scenario();
  const looks: { look: number; alpha: number; requests: number }[] = [];
  run.gate = ({ look, alpha, candidate }) => {
    looks.push({ look, alpha, requests: candidate.requests });
    return look < 3 ? { status: "undecided", reasons: ["too few"] } : PASS;
  };
  run.begin();
  run.pass(3 * DAY_MS);
  assert.equal(looks.length >= 3, true);
  const [one, two, three] = looks;
  assert.ok(one !== undefined && two !== undefined && three !== undefined);
  assert.deepEqual([two.alpha / one.alpha, three.alpha / two.alpha], [0.5, 0.5]);
  assert.ok(two.requests >= 1.5 * one.requests && three.requests >= 1.5 * two.requests);
});

test("a failed gate holds the step until a person forces it", () => {
  const run = scenario();
  run.gate = () => ({ status: "fail", reasons: ["errors are higher"] });
  run.begin();
  run.pass(2 * DAY_MS);
  assert.equal(run.state.step, 0);
  assert.ok(run.texts().includes("held: fail: errors are higher"));
  assert.equal(run.command({ name: "promote" }).refusal?.code, "not-safe");
  run.command({ name: "promote", force: true });
  assert.equal(run.state.step, 1);
});

test("a legacy arm that could not take everything back stops every rise, forced or not", () => {
  const run = scenario();
  run.begin();
  run.send({ type: "capacity", legacyCanTakeAll: false });
  run.pass(3 * DAY_MS);
  assert.equal(run.state.step, 0);
  assert.equal(run.command({ name: "promote", force: true }).refusal?.code, "not-safe");
  assert.equal(run.command({ name: "set", weight: 0.05 }).refusal?.code, "not-safe");
  assert.equal(run.command({ name: "rollback" }).refusal?.code, "not-safe", "by hand the capacity is checked");
  run.send({ type: "evidence", evidence: { breaker: "breaker: 3 connections in a row were refused" } });
  assert.equal(run.state.phase, "rolled-back", "an automatic rollback never waits for it");
});

test("on evidence the weight is 0 in the same call, the seed's messages follow, and the latch holds", () => {
  const run = scenario();
  run.begin();
  run.pass(HOUR);
  const before = run.effects.length;
  const outcome = run.send({ type: "evidence", evidence: { windows: { error: Array.from({ length: 8 }, () => 30) } } });
  assert.deepEqual(
    outcome.effects.map(({ type }) => type),
    ["setWeight", "log", "drainCandidate", "stopShadow", "saveEvidence", "notify"],
  );
  assert.deepEqual([run.state.phase, run.state.weight.set], ["rolled-back", 0]);
  const texts = run.effects.slice(before).flatMap((effect) => (effect.type === "log" ? [effect.text] : []));
  assert.deepEqual(texts, [
    "ROLLBACK TRIGGERED: Error rate 100.0% > 1%",
    "ROLLBACK COMPLETE: All traffic shifted to vLLM",
  ]);
  run.pass(DAY_MS);
  assert.equal(run.state.weight.set, 0);
  assert.equal(run.command({ name: "promote", force: true }).refusal?.code, "not-now");
});

test("a pause keeps the weight and the watch; a rollback ends it", () => {
  const run = scenario();
  run.begin();
  run.command({ name: "pause", reason: "lunch" });
  run.pass(3 * DAY_MS);
  assert.deepEqual([run.state.step, run.state.weight.set], [0, 0.01]);
  assert.deepEqual(kinds(run)[0], "paused");
  assert.equal(run.command({ name: "pause" }).refusal?.code, "not-now");
  run.send({ type: "evidence", evidence: { windows: { timeout: Array.from({ length: 12 }, () => 30) } } });
  assert.deepEqual([run.state.phase, run.state.paused], ["rolled-back", undefined]);
});

test("a re-arm waits for a promote, forgets the evidence and keeps the budget that was used", () => {
  const run = scenario();
  run.begin();
  run.send({
    type: "evidence",
    evidence: { windows: { error: [...Array.from({ length: 100 }, () => 0), ...Array.from({ length: 9 }, () => 30)] } },
  });
  run.command({ name: "rearm" });
  run.pass(HOUR);
  assert.deepEqual([run.state.phase, run.state.step, run.state.weight.set], ["ready", -1, 0]);
  assert.ok(
    run.state.watch.triggers.error.windows > 100 && run.state.watch.triggers.error.sums.every((sum) => sum === 0),
  );
  run.command({ name: "promote" });
  assert.deepEqual([run.state.phase, run.state.step], ["canary", 0]);
});

test("commands are refused against another version, when they make no sense, and beyond the next step", () => {
  const run = scenario();
  run.begin();
  const { version } = run.state;
  assert.equal(run.command({ name: "pause" }, version - 1).refusal?.code, "conflict");
  assert.equal(run.command({ name: "pause" }, version).refusal, undefined);
  assert.equal(run.command({ name: "resume" }, version).refusal?.code, "conflict", "the pause raised the version");
  assert.equal(run.command({ name: "resume" }).refusal, undefined);
  assert.equal(run.command({ name: "rearm" }).refusal?.code, "not-now");
  assert.equal(run.command({ name: "set", weight: 0.5 }).refusal?.code, "not-safe");
  assert.equal(run.command({ name: "set", weight: Number.NaN }).refusal?.code, "invalid");
  run.command({ name: "set", weight: 0.03 });
  assert.deepEqual([run.state.weight.set, run.state.step, run.state.progress.soakedMs], [0.03, 0, 0]);
  run.command({ name: "set", weight: -5 });
  assert.equal(run.state.weight.set, 0);
  run.command({ name: "abort", reason: "changed our minds" });
  assert.deepEqual([run.state.phase, run.state.weight.set], ["aborted", 0]);
});

test("a weight set by hand goes on to the next step above it, from the final hold too", () => {
  const run = scenario({ steps: [{ weight: 0.1 }, { weight: 0.5 }, { weight: 1, soakMs: 0 }], finalHoldMs: DAY_MS });
  run.begin();
  run.command({ name: "set", weight: 0.7, force: true });
  assert.deepEqual([run.state.step, run.state.weight.set], [1, 0.7]);
  run.command({ name: "promote" });
  assert.deepEqual([run.state.step, run.state.weight.set], [2, 1]);
  run.pass(HOUR);
  assert.equal(run.state.phase, "holding");
  run.command({ name: "set", weight: 0.2 });
  assert.deepEqual([run.state.phase, run.state.step], ["canary", 0]);
  run.command({ name: "promote" });
  assert.deepEqual([run.state.step, run.state.weight.set], [1, 0.5]);
});

test("the answer of a gate to another weight is not taken", () => {
  const run = scenario();
  run.gate = () => undefined;
  run.begin();
  run.pass(DAY_MS + HOUR);
  assert.equal(run.state.progress.looks, 1);
  run.send({ type: "gate", seq: run.state.weight.seq - 1, look: 1, report: PASS });
  run.pass(60_000);
  assert.equal(run.state.step, 0);
  run.send({ type: "gate", seq: run.state.weight.seq, look: 1, report: PASS });
  run.pass(60_000);
  assert.equal(run.state.step, 1);
});

test("a wrong split holds the step", () => {
  const run = scenario();
  run.begin();
  run.send({ type: "share", mismatch: true });
  run.pass(2 * DAY_MS);
  assert.equal(run.state.step, 0);
  assert.ok(kinds(run).includes("share"));
});

test("an unconfirmed weight is no soak, and a late confirmation of an older one means nothing", () => {
  const run = scenario();
  run.confirms = false;
  run.begin();
  run.pass(HOUR);
  assert.equal(run.state.progress.soakedMs, 0);
  assert.deepEqual(outstanding(run.state), [{ type: "setWeight", weight: 0.01, seq: 1 }]);
  run.command({ name: "set", weight: 0.02 });
  run.send({ type: "weightApplied", seq: 1 });
  assert.equal(run.state.weight.confirmed, false);
  run.send({ type: "weightApplied", seq: 2 });
  assert.equal(run.state.weight.confirmed, true);
});

test("property: whatever happens, weights stay in 0…1, versions never fall, and a latch holds until a re-arm", () => {
  const command = fc.oneof(
    fc.record({ name: fc.constant("promote" as const), force: fc.boolean() }),
    fc.record({ name: fc.constant("set" as const), weight: fc.double(), force: fc.boolean() }),
    fc.constantFrom<Command>(
      { name: "start" },
      { name: "pause" },
      { name: "resume" },
      { name: "rollback" },
      { name: "rearm" },
    ),
    fc.constant<Command>({ name: "abort", reason: "x" }),
  );
  const event: fc.Arbitrary<PlanEvent> = fc.oneof(
    { weight: 4, arbitrary: command.map((one): PlanEvent => ({ type: "command", actor: "a", command: one })) },
    { weight: 3, arbitrary: fc.constant<PlanEvent>({ type: "tick" }) },
    fc.constantFrom<PlanEvent>(
      { type: "evidence", evidence: { windows: { error: [30, 30, 30, 30, 30, 30, 30, 30] } } },
      { type: "preflight", failures: [] },
    ),
    fc.record({ type: fc.constant("weightApplied" as const), seq: fc.integer({ min: 0, max: 9 }) }),
    fc.constant<PlanEvent>({ type: "gate", seq: 1, look: 1, report: PASS }),
    fc.constant<PlanEvent>({
      type: "evidence",
      evidence: { interval: { legacy: counts(10), candidate: counts(2000) } },
    }),
  );
  fc.assert(
    fc.property(fc.array(event, { maxLength: 60 }), (events) => {
      let state = initialState(makePlan({ name: "p", shadow: false, timeScale: 1e5 }), 0);
      for (const [i, one] of events.entries()) {
        const { state: next, refusal } = reduce(state, one, i * 30_000);
        assert.ok(next.weight.set >= 0 && next.weight.set <= 1);
        assert.ok(next.version >= state.version && next.weight.seq >= state.weight.seq);
        if (refusal !== undefined) assert.deepEqual(next, state);
        if (next.phase === "holding" || next.phase === "completed") assert.equal(next.weight.set, 1);
        const latched = state.phase === "rolled-back" || state.phase === "aborted";
        if (latched && next.phase !== state.phase) assert.ok(one.type === "command" && one.command.name === "rearm");
        if (latched) assert.equal(next.weight.set, 0);
        state = next;
      }
    }),
    { numRuns: 300 },
  );
});

test("healthy evidence of the whole schedule leaves the meters far from a rollback", () => {
  const run = scenario();
  run.begin();
  run.pass(2 * HOUR, (state) => {
    run.send({ type: "evidence", evidence: { windows: { error: [0], ttft: [0], timeout: [0] } } });
    return healthy(state);
  });
  assert.ok(run.state.watch.triggers.error.sums.every((sum) => sum < 1000));
});
