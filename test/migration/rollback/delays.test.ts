// The windowed detector against the table of delays and false alarms it was chosen by; bench/migration runs more seeds.
import assert from "node:assert/strict";
import { test } from "node:test";
import { seededRandom } from "../../../src/core/index.ts";
import type { TriggerName } from "../../../src/migration/rollback/evidence.ts";
import {
  alarmsIn,
  badRequests,
  binomialDraw,
  design,
  median,
  perRequest,
  requestsToAlarm,
  SEED_REQUESTS,
} from "./simulation.ts";

/** ../shared/reference/migration.md §4.6: median requests to the alarm, threshold of the seed's schedule. */
const TABLE: readonly (readonly [burst: number, rate: number, median: number])[] = [
  [1, 0.02, 4830],
  [1, 0.05, 1140],
  [1, 0.1, 570],
  [1, 0.5, 240],
  [1, 1, 210],
  [5, 0.05, 2010],
  [5, 0.1, 900],
  [5, 0.5, 300],
  [5, 1, 240],
  [20, 0.1, 1650],
  [20, 0.5, 390],
  [20, 1, 270],
];

test("faults are found after about as many requests as the table says", () => {
  for (const [burst, rate, expected] of TABLE) {
    const delays = Array.from({ length: 41 }, (_, seed) => requestsToAlarm({ rate, burst, seed }));
    const found = median(delays);
    const slack = Math.max(60, 0.3 * expected);
    assert.ok(Math.abs(found - expected) <= slack, `burst ${burst}, ${rate * 100} %: ${found}, table ${expected}`);
  }
});

test("the per-request detector is as fast as the table says", () => {
  for (const [rate, expected] of [
    [0.05, 441],
    [0.1, 140],
    [0.5, 15],
    [1, 6],
  ] as const) {
    const found = median(
      Array.from({ length: 41 }, (_, seed) => requestsToAlarm({ rate, burst: 1, seed, by: perRequest })),
    );
    assert.ok(
      Math.abs(found - expected) <= Math.max(2, 0.3 * expected),
      `${rate * 100} %: ${found}, table ${expected}`,
    );
  }
});

test("a total outage by timeouts, or of first tokens, is found within 300 requests", () => {
  for (const trigger of ["ttft", "timeout"] as const) {
    const found = median([1, 2, 3].map((seed) => requestsToAlarm({ rate: 1, burst: 1, seed, trigger })));
    assert.ok(found <= 300, `${trigger}: ${found}`);
  }
});

test("14 virtual days of the seed's schedule at 100 requests/s, healthy: no rollback", () => {
  const random = seededRandom("14 days");
  const rates: Readonly<Record<TriggerName, number>> = { error: 0.001, ttft: 0.002, timeout: 0.0005 };
  const windows = Math.floor(SEED_REQUESTS / design.windowSize);
  for (const [trigger, rate] of Object.entries(rates) as [TriggerName, number][]) {
    assert.equal(alarmsIn(windows, trigger, binomialDraw(random, design.windowSize, rate)), false, trigger);
  }
});

test("14 days at 1 request/s with failures in bursts of up to 20: no rollback", () => {
  for (const burst of [1, 5, 20]) {
    const bad = badRequests(seededRandom(`bursts ${burst}`), 0.002, burst);
    assert.equal(
      alarmsIn((14 * 86_400) / design.windowSize, "error", () => bad(design.windowSize)),
      false,
      `${burst}`,
    );
  }
});
