// Legs of a virtual candidate through counter, detectors and state machine: faults roll back in time, health does not.
import assert from "node:assert/strict";
import { test } from "node:test";
import { legCounter, planStatus } from "../../../src/migration/index.ts";
import { type Random, seededRandom } from "../../../src/core/index.ts";
import type { DetectorKind } from "../../../src/migration/rollback/design.ts";
import type { LegOutcome } from "../../../src/migration/rollback/leg-outcome.ts";
import { scenario } from "./scenario.ts";

type Leg = (random: Random) => Pick<LegOutcome, "class" | "ttftMs" | "waitedMs">;

const healthy: Leg = (random) =>
  random.next() < 0.001
    ? { class: "backend-5xx" }
    : { class: "ok", ttftMs: 100 * Math.exp(0.8 * (random.next() * 4 - 2)) };
const often =
  (share: number, bad: ReturnType<Leg>): Leg =>
  (random) =>
    random.next() < share ? bad : healthy(random);

interface Drive {
  readonly fault: Leg;
  readonly legacy?: Leg;
  readonly seconds: number;
  readonly detector?: DetectorKind;
  readonly weight?: number;
}

/** 100 requests/s at a fixed weight: ten healthy minutes, then the fault. Candidate requests from the fault to the rollback. */
function drive({ fault, legacy = healthy, seconds, detector = "windowed", weight = 0.05 }: Drive) {
  const run = scenario({ shadow: false, detector, steps: [{ weight }, { weight: 1 }], requestsPerSecond: 100 });
  run.command({ name: "start" });
  run.send({ type: "tick" });
  const random = seededRandom(`${detector} ${weight}`);
  const legs = legCounter({ windowSize: 30, ttftThresholdMs: () => 1000, workers: () => 2 });
  let since = 0;
  for (let ms = 0; ms < (600 + seconds) * 1000 && run.state.phase === "canary"; ms += 10) {
    run.now = ms;
    const arm = random.next() < weight ? "candidate" : "legacy";
    const leg = arm === "legacy" ? legacy : ms < 600_000 ? healthy : fault;
    if (arm === "candidate" && ms >= 600_000) since++;
    const evidence = legs.note({ arm, at: ms, worker: `w${ms % 20}`, ...leg(random) });
    if (evidence !== undefined) run.send({ type: "evidence", evidence });
    if (ms % 30_000 !== 0) continue;
    run.send({ type: "evidence", evidence: legs.endInterval(ms) });
    run.send({ type: "tick" });
  }
  return { run, since };
}

/** Bounds: p90 of the table of delays, and 60 % more for one seed. */
const FAULTS: readonly (readonly [name: string, fault: Leg, most: number, says: RegExp])[] = [
  ["all fail", () => ({ class: "backend-5xx" }), 120, /^ROLLBACK TRIGGERED: breaker: 2\d|^ROLLBACK TRIGGERED: breaker/],
  ["refused", () => ({ class: "refused" }), 3, /breaker: 3 connections in a row were refused/],
  ["half fail", often(0.5, { class: "backend-5xx" }), 430, /^ROLLBACK TRIGGERED: (Error rate \d\d\.\d% > 1%|Errors)/],
  ["a tenth fails", often(0.1, { class: "protocol" }), 1100, /Error rate \d+\.\d% > 1%/],
  ["a twentieth fails", often(0.05, { class: "backend-5xx" }), 2200, /Error rate \d+\.\d% > 1%/],
  [
    "all are slow",
    () => ({ class: "ok", ttftMs: 2500 }),
    340,
    /TTFT (2500\.0ms > 2x baseline|over 1000ms in \d+\.\d% of requests)/,
  ],
  ["all time out", () => ({ class: "timeout", waitedMs: 30_000 }), 340, /breaker|Timeout rate/],
  ["a third times out", often(0.33, { class: "timeout", waitedMs: 30_000 }), 700, /Error rate|Timeout rate|TTFT/],
];

for (const [name, fault, most, says] of FAULTS) {
  test(`${name}: rolled back within ${most} candidate requests`, () => {
    const { run, since } = drive({ fault, seconds: 900 });
    assert.equal(run.state.phase, "rolled-back");
    assert.ok(since <= most, `${since} requests`);
    const texts = run.texts().filter((text) => text.startsWith("ROLLBACK"));
    assert.match(texts[0] ?? "", says);
    assert.equal(texts[1], "ROLLBACK COMPLETE: All traffic shifted to vLLM");
    assert.equal(planStatus(run.state, run.now).exitCode, 1);
  });
}

test("an hour of health rolls nothing back", () => {
  assert.equal(drive({ fault: healthy, seconds: 3600, weight: 0.25 }).run.state.phase, "canary");
});

/** Every 5 minutes, for 40 s, this share of the requests of both arms fails or is slow. */
function incident(share: number, bad: ReturnType<Leg>): Leg {
  let calls = 0;
  return (random) => (calls++ % 30_000 > 26_000 && random.next() < share ? bad : healthy(random));
}

for (const [name, share, bad] of [
  ["total outages", 1, { class: "backend-5xx" }],
  ["half outages", 0.5, { class: "backend-5xx" }],
  ["slow spells", 0.7, { class: "ok", ttftMs: 4000 }],
  ["timeouts", 1, { class: "timeout", waitedMs: 30_000 }],
] as const) {
  for (const weight of [0.01, 0.5, 0.75]) {
    test(`${name} common to both arms do not roll back at ${weight * 100} %`, () => {
      const both = incident(share, bad);
      const { run } = drive({ fault: both, legacy: both, seconds: 700, weight });
      assert.deepEqual(
        run.texts().filter((text) => text.startsWith("ROLLBACK")),
        [],
      );
    });
  }
}

test("after an incident of both arms the candidate's own fault is still found", () => {
  const both = incident(1, { class: "backend-5xx" });
  let calls = 0;
  const fault: Leg = (random) => (calls++ > 1000 && random.next() < 0.3 ? { class: "backend-5xx" } : both(random));
  const { run } = drive({ fault, legacy: both, seconds: 1800 });
  assert.equal(run.state.phase, "rolled-back");
});

test("the seed's own rule rolls a healthy candidate back within hours, the default does not", () => {
  const bySeed = drive({ fault: healthy, seconds: 4 * 3600, detector: "fixedWindow", weight: 0.01 });
  assert.equal(bySeed.run.state.phase, "rolled-back");
  assert.match(
    bySeed.run.texts().find((text) => text.startsWith("ROLLBACK")) ?? "",
    /^ROLLBACK TRIGGERED: Error rate \d+\.\d% > 1%$/,
  );
  assert.equal(drive({ fault: healthy, seconds: 4 * 3600, weight: 0.01 }).run.state.phase, "canary");
});

test("status says the step, who blocks, and how far the detectors are", () => {
  const { run } = drive({ fault: often(0.03, { class: "backend-5xx" }), seconds: 30 });
  const status = planStatus(run.state, run.now);
  assert.deepEqual([status.step?.number, status.step?.of, status.weight, status.exitCode], [1, 2, 0.05, 0]);
  assert.deepEqual(
    status.blockers.map(({ kind }) => kind),
    ["soak", "gate"],
  );
  assert.ok(status.nextAt !== undefined && status.nextAt > run.now);
  const meter = status.meters.triggers.find(({ trigger }) => trigger === "error");
  assert.ok(meter !== undefined && meter.way >= 0 && meter.way < 1 && meter.requests > 2000);
});
