// Latencies of late: of two minutes, and only when there are enough of them.
import assert from "node:assert/strict";
import { test } from "node:test";
import { latencyWindow } from "../../src/autoscaling/index.ts";

test("nothing is told of fewer than fifty, and nothing that is older than two minutes counts", () => {
  const window = latencyWindow();
  for (let i = 1; i < 50; i++) window.add(i, 9000, 90);
  assert.equal(window.p99(50), undefined);
  window.add(50, 9000, 90);
  assert.deepEqual(window.p99(50), { ttftP99Ms: 9000, itlP99Ms: 90 });
  for (let i = 0; i < 60; i++) window.add(100_000 + i, 100, 10);
  assert.equal(window.p99(100_060)?.ttftP99Ms, 9000);
  assert.deepEqual(window.p99(120_060), { ttftP99Ms: 100, itlP99Ms: 10 });
  assert.equal(window.p99(220_061), undefined);
});

test("answers of one token have no gap", () => {
  const window = latencyWindow();
  for (let i = 0; i < 50; i++) window.add(i, 100, i === 7 ? 40 : undefined);
  assert.deepEqual(window.p99(50), { ttftP99Ms: 100, itlP99Ms: 40 });
});

test("of very many the latest count", () => {
  const window = latencyWindow();
  for (let i = 0; i < 20_000; i++) window.add(i, i < 15_000 ? 5000 : 100, 10);
  assert.equal(window.p99(20_000)?.ttftP99Ms, 100);
});
