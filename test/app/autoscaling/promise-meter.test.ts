// What a pool is sized for: the tightest objective that a share of its requests carried of late.
import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { promiseMeter } from "../../../src/app/autoscaling/promise-meter.ts";
import { virtualClock } from "../../../src/core/index.ts";

const STATED = { ttftP99Ms: 1000, itlP99Ms: Infinity };
const SOON = { ttftP99Ms: 200 };

function metered(counts: readonly (readonly [{ readonly ttftP99Ms?: number; readonly itlP99Ms?: number }, number])[]) {
  const clock = virtualClock();
  const meter = promiseMeter(clock);
  for (const [slo, count] of counts) for (let i = 0; i < count; i++) meter.came(slo);
  return { clock, meter };
}

const promised = (...counts: Parameters<typeof metered>[0]) => metered(counts).meter.promised(STATED);

test("without a tenant's own objective nothing is told; with some the tightest that one request in twenty carries", () => {
  assert.equal(promised(), undefined);
  assert.equal(promised([{}, 100]), undefined);
  assert.deepEqual(promised([{}, 95], [SOON, 5]), { ...STATED, ttftP99Ms: 200 });
  assert.deepEqual(promised([{}, 96], [SOON, 4]), STATED, "too few to size a pool by");
  assert.deepEqual(promised([{}, 94], [SOON, 3], [{ ttftP99Ms: 300 }, 3]), { ...STATED, ttftP99Ms: 300 });
  assert.deepEqual(promised([{ ttftP99Ms: 9000 }, 100]), { ...STATED, ttftP99Ms: 9000 }, "all have time");
  assert.deepEqual(promised([{}, 50], [{ itlP99Ms: 30 }, 50]), { ttftP99Ms: 1000, itlP99Ms: 30 });
});

test("a tenant that has gone is forgotten, not from one look to the next", () => {
  const { clock, meter } = metered([[SOON, 10]]);
  const look = (): number | undefined => meter.promised(STATED)?.ttftP99Ms;
  clock.advance(60_000);
  for (let i = 0; i < 10; i++) meter.came({});
  assert.equal(look(), 200);
  clock.advance(1_200_000);
  for (let i = 0; i < 100; i++) meter.came({});
  assert.equal(look(), 1000);
  clock.advance(3_600_000);
  meter.came({});
  assert.equal(look(), undefined);
});

test("property: never tighter than the tightest that came, never looser than the loosest", () => {
  const slo = fc.record({ ttftP99Ms: fc.option(fc.integer({ min: 1, max: 5000 }), { nil: undefined }) });
  fc.assert(
    fc.property(fc.array(slo, { minLength: 1, maxLength: 60 }), (all) => {
      const meter = promiseMeter(virtualClock());
      for (const one of all) meter.came(one.ttftP99Ms === undefined ? {} : { ttftP99Ms: one.ttftP99Ms });
      const limits = all.map(({ ttftP99Ms = STATED.ttftP99Ms }) => ttftP99Ms);
      const told = meter.promised(STATED)?.ttftP99Ms ?? STATED.ttftP99Ms;
      assert.ok(told >= Math.min(...limits) && told <= Math.max(...limits));
    }),
    { numRuns: 200 },
  );
});
