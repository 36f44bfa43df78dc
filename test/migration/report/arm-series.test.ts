// The series of the report: P99 and share per bucket, bounded by wider buckets.
import assert from "node:assert/strict";
import { test } from "node:test";
import { seededRandom } from "../../../src/core/index.ts";
import { armSeries } from "../../../src/migration/index.ts";

test("P99 of each arm and the candidate's share, by time", () => {
  const series = armSeries({ random: seededRandom(1), widthMs: 100 });
  for (let i = 0; i < 100; i++) series.note({ arm: "legacy", at: 1000 + i, class: "ok", ttftMs: i + 1 });
  for (let i = 0; i < 25; i++) series.note({ arm: "candidate", at: 1099, class: "ok" });
  series.note({ arm: "candidate", at: 1200, class: "ok", ttftMs: 7 });
  assert.deepEqual(series.points(), [
    { at: 1000, share: 0.2, legacyTtftP99Ms: 99.01 },
    { at: 1200, share: 1, candidateTtftP99Ms: 7 },
  ]);
});

test("however long it runs, points and kept values are bounded, and shares stay true", () => {
  const series = armSeries({ random: seededRandom(2), widthMs: 10, maxBuckets: 20, kept: 50 });
  for (let i = 0; i < 20_000; i++) {
    const arm = i % 4 === 0 ? "candidate" : "legacy";
    series.note({ arm, at: i, class: "ok", ttftMs: arm === "candidate" ? 200 : 100 });
  }
  const points = series.points();
  assert.ok(points.length <= 20 && points.length >= 10, String(points.length));
  for (const { share, legacyTtftP99Ms, candidateTtftP99Ms } of points) {
    assert.ok(Math.abs((share ?? 0) - 0.25) < 0.01);
    assert.deepEqual([legacyTtftP99Ms, candidateTtftP99Ms], [100, 200]);
  }
});
