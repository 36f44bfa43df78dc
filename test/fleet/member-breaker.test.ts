// A worker's breaker in time: it half-opens by itself, whatever the timers do.
import assert from "node:assert/strict";
import { test } from "node:test";
import { type Clock, virtualClock } from "../../src/core/index.ts";
import { memberBreaker } from "../../src/fleet/member-breaker.ts";

test("bug: a timer that was early by a fraction of a millisecond left a breaker open for ever", () => {
  const clock = virtualClock();
  const early: Clock = { ...clock, after: (delayMs, run) => clock.after(delayMs - 0.3, run) };
  const phases: string[] = [];
  const breaker = memberBreaker({
    clock: early,
    onPhase: (phase) => void phases.push(phase),
    onTrial: () => undefined,
  });
  breaker.leg("engine", true);
  clock.advance(1000);
  assert.deepEqual(phases, ["open", "half_open"]);
});

test("a breaker of a closed fleet keeps no timer", () => {
  const clock = virtualClock();
  const breaker = memberBreaker({ clock, onPhase: () => undefined, onTrial: () => undefined });
  breaker.leg("engine", true);
  breaker.close();
  assert.equal(clock.next(), undefined);
});
