// The health state machine: hysteresis both ways, and what a leg may and may not change.
import assert from "node:assert/strict";
import { test } from "node:test";
import { type Health, type HealthEvent, NEW_HEALTH, nextHealth } from "../../src/fleet/health.ts";

const good: HealthEvent = { kind: "probe", ok: true };
const bad: HealthEvent = { kind: "probe", ok: false };
const after = (...events: HealthEvent[]): Health => events.reduce(nextHealth, NEW_HEALTH);

test("one lost probe is noise, two make it suspect, four dead", () => {
  assert.equal(after(good, bad).phase, "ready");
  assert.equal(after(good, bad, good, bad).phase, "ready");
  assert.equal(after(good, bad, bad).phase, "suspect");
  assert.equal(after(good, bad, bad, bad, bad).phase, "dead");
});

test("a refused connection needs no second opinion", () => {
  assert.equal(after(good, { kind: "leg", outcome: "refused" }).phase, "suspect");
});

test("a worker comes back after two good probes, not by a leg alone", () => {
  const down = after(good, bad, bad);
  assert.equal(nextHealth(down, { kind: "leg", outcome: "ok" }).phase, "suspect");
  assert.equal(nextHealth(down, good).phase, "suspect");
  assert.equal(nextHealth(nextHealth(down, good), good).phase, "ready");
});

test("overload and failed requests say nothing about a worker's life", () => {
  const legs: HealthEvent[] = Array.from({ length: 20 }, () => ({ kind: "leg", outcome: "overloaded" }));
  assert.equal(legs.reduce(nextHealth, after(good)).phase, "ready");
});

test("a worker that never answered stays starting", () => {
  assert.equal(after(bad, bad, bad, bad, bad).phase, "starting");
});
