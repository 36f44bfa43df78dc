// The circuit breaker as a state machine: what opens it, what never does, and how fast it lets a worker back in.
import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import {
  admits,
  type Breaker,
  type BreakerEvent,
  CLOSED_BREAKER,
  mayBeEjected,
  nextBreaker,
  OPEN_MS,
} from "../../src/fleet/breaker.ts";
import type { LegOutcome } from "../../src/fleet/index.ts";

const leg = (outcome: LegOutcome, mayOpen = true): BreakerEvent => ({ kind: "leg", outcome, mayOpen });
const times = (count: number, event: BreakerEvent): BreakerEvent[] => Array.from({ length: count }, () => event);
const after = (events: readonly BreakerEvent[], from: Breaker = CLOSED_BREAKER, now = 0): Breaker =>
  events.reduce((breaker, event) => nextBreaker(breaker, event, now), from);
const OPEN = after(times(5, leg("failed")));
const HALF_OPEN = nextBreaker(OPEN, { kind: "tick" }, OPEN_MS);

test("five failed legs open it, four do not", () => {
  for (const outcome of ["failed", "broken", "slow", "refused"] as const) {
    assert.equal(after(times(4, leg(outcome))).phase, "closed");
    assert.equal(after(times(5, leg(outcome))).phase, "open");
  }
});

test("it stays closed while more legs work than fail", () => {
  const mixed = [leg("ok"), leg("ok"), leg("failed")];
  assert.equal(after(Array.from({ length: 100 }, () => mixed).flat()).phase, "closed");
});

test("what failed longer than the window ago is forgotten", () => {
  const four = after(times(4, leg("failed")));
  assert.equal(nextBreaker(four, leg("failed"), 9999).phase, "open");
  assert.equal(nextBreaker(four, leg("failed"), 10_000).phase, "closed");
});

test("an engine that says it runs nothing opens it at once", () => {
  assert.equal(after([...times(50, leg("ok")), leg("engine")]).phase, "open");
});

test("it does not open where the pool would lose more than half", () => {
  assert.equal(after([...times(50, leg("failed", false)), leg("engine", false)]).phase, "closed");
  assert.deepEqual([1, 2, 3, 4, 8].map(mayBeEjected), [0, 1, 1, 2, 4]);
});

test("half open after half a second, for one request at a time", () => {
  assert.equal(nextBreaker(OPEN, { kind: "tick" }, OPEN_MS - 1).phase, "open");
  assert.equal(admits(OPEN), false);
  assert.equal(HALF_OPEN.phase, "half_open");
  assert.equal(admits(HALF_OPEN), true);
  const out = nextBreaker(HALF_OPEN, { kind: "sent" }, 600);
  assert.equal(admits(out), false);
  assert.equal(nextBreaker(out, leg("ok"), 700).phase, "closed");
  assert.equal(nextBreaker(out, leg("broken"), 700).phase, "open");
});

test("a trial that shows nothing, for its client left, makes room for the next", () => {
  const out = nextBreaker(HALF_OPEN, { kind: "sent" }, 600);
  assert.equal(admits(nextBreaker(out, { kind: "ended" }, 650)), true);
});

test("an answer that breaks off right after the trial opens it again at once", () => {
  const closed = nextBreaker(HALF_OPEN, leg("ok"), 600);
  assert.equal(nextBreaker(closed, leg("broken"), 700).phase, "open");
  assert.equal(nextBreaker(after(times(10, leg("ok")), closed, 700), leg("broken"), 800).phase, "closed");
});

const outcome = fc.constantFrom<LegOutcome>("ok", "refused", "broken", "slow", "overloaded", "engine", "failed");
const event: fc.Arbitrary<BreakerEvent> = fc.oneof(
  fc.record({ kind: fc.constant("leg" as const), outcome, mayOpen: fc.boolean() }),
  fc.constantFrom<BreakerEvent>({ kind: "sent" }, { kind: "ended" }, { kind: "tick" }),
);

test("property: without a failed leg it never opens, whatever overload and departures come", () => {
  const harmless = event.filter((one) => one.kind !== "leg" || one.outcome === "ok" || one.outcome === "overloaded");
  fc.assert(
    fc.property(fc.array(fc.tuple(harmless, fc.nat(3000)), { maxLength: 200 }), (events) => {
      let breaker: Breaker = CLOSED_BREAKER;
      let now = 0;
      for (const [one, pause] of events) breaker = nextBreaker(breaker, one, (now += pause));
      assert.equal(breaker.phase, "closed");
    }),
  );
});

test("property: from any state one tick and one good leg close it within a second", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(event, fc.nat(3000)), { maxLength: 100 }), (events) => {
      let breaker: Breaker = CLOSED_BREAKER;
      let now = 0;
      for (const [one, pause] of events) breaker = nextBreaker(breaker, one, (now += pause));
      breaker = nextBreaker(breaker, { kind: "tick" }, (now += OPEN_MS));
      if (breaker.phase !== "closed") breaker = nextBreaker(breaker, leg("ok"), now);
      assert.equal(breaker.phase, "closed");
      assert.ok(OPEN_MS < 1000);
    }),
  );
});
