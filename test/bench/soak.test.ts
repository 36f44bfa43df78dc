// The soak in small: after mixed load, and after a crowd of connections, everything is as it was before. How fast is not asked.
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { describe, test } from "node:test";
import { crowdPhase } from "../../bench/soak/crowd-phase.ts";
import { mixedPhase } from "../../bench/soak/mixed-phase.ts";
import { slope } from "../../bench/soak/slope.ts";

const skip = existsSync("/proc/self/fd") ? false : "no /proc here";

describe("the soak in small", { concurrency: true, skip }, () => {
  test("after mixed load no socket, timer, file or request is left, and every answer was right", async () => {
    const { load, settled, heap, defects } = await mixedPhase({
      algorithms: ["kv_aware"],
      seconds: 3,
      perSecond: 80,
      samples: 2,
    });
    assert.deepEqual(load.wrong, {});
    assert.equal(load.requests, 240);
    assert.ok(Object.keys(load.kinds).length >= 12, "all kinds but seldom ones");
    assert.deepEqual(defects, []);
    assert.deepEqual(settled.left, {});
    assert.equal(settled.after["gauge switchgear_inflight_requests"], 0);
    assert.equal(settled.after["object Exchange"], 0);
    assert.ok(heap.every(({ value }) => value > 1));
  });

  test("streams and idle clients at once are all kept, and leave nothing", async () => {
    const { idle, streams, chunksPerSecond, settled } = await crowdPhase({ idle: 60, streams: 30, holdSeconds: 2 });
    assert.equal(idle.last.good, 60);
    assert.equal(streams.last.good, 30);
    assert.ok(chunksPerSecond > 0);
    assert.deepEqual(settled.left, {});
  });
});

test("the slope of a line with noise is found, and an interval that holds it", () => {
  const points = Array.from({ length: 30 }, (_, at) => ({ at, value: 2 * at + (at % 3) }));
  const { median, low, high } = slope(points);
  assert.ok(Math.abs(median - 2) < 0.05, `${median}`);
  assert.ok(low !== undefined && high !== undefined && low <= 2 && 2 <= high && high - low < 0.2);
  const flat = slope(points.map(({ at }) => ({ at, value: at % 3 })));
  assert.ok((flat.low ?? 1) <= 0 && 0 <= (flat.high ?? -1));
});
