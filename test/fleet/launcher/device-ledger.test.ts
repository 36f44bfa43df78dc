// Which worker has which GPU: never more on a device than is allowed.
import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { type DeviceClaim, deviceLedger } from "../../../src/fleet/index.ts";

const devices = (count: number) => Array.from({ length: count }, (_, i) => ({ id: String(i), uuid: `GPU-${i}` }));
const claim = (id: string, count = 1, more: Partial<DeviceClaim> = {}): DeviceClaim => ({
  id,
  pool: id.slice(0, 1),
  count,
  share: 0.9,
  ...more,
});
const ids = (taken: readonly { id: string }[]): string[] => taken.map(({ id }) => id);

test("a worker has its devices alone; what is given back can be taken again", () => {
  const ledger = deviceLedger(devices(3), { share: false });
  const [a, b] = [claim("a", 2), claim("b", 2)];
  assert.deepEqual(ids(ledger.take(a)), ["0", "1"]);
  assert.deepEqual(ids(ledger.take(a)), ["0", "1"], "the same claim has them already");
  assert.throws(() => ledger.take(b), /worker b needs 2 GPUs and gets 1 of 3/);
  assert.deepEqual(ledger.holders("2"), [], "nothing is taken of what cannot be had whole");
  ledger.give(a);
  assert.deepEqual(ids(ledger.take(b)), ["0", "1"]);
});

test("bug: a device named twice was given to one worker twice", () => {
  for (const share of [false, true])
    for (const stated of [
      ["0", "0"],
      ["1", "GPU-1"],
    ]) {
      const ledger = deviceLedger(devices(3), { share });
      assert.throws(() => ledger.take(claim("a", 2, { stated, share: 0.4 })), /needs 2 GPUs and gets 1 of 3/);
    }
});

test("devices that the deployment names are taken, and refused while another worker has one", () => {
  const ledger = deviceLedger(devices(3), { share: false });
  assert.deepEqual(ids(ledger.take(claim("a", 1, { stated: ["GPU-2"] }))), ["2"]);
  assert.throws(() => ledger.take(claim("b", 1, { stated: ["2"] })), { code: "SWG_GPUS_SHORT" });
  assert.throws(() => ledger.take(claim("b", 1, { stated: ["7"] })), { code: "SWG_GPUS_SHORT" });
});

test("workers of one pool rather stand apart, and share with those of another", () => {
  const ledger = deviceLedger(devices(2), { share: true });
  const small = (id: string) => claim(id, 1, { share: 0.3 });
  assert.deepEqual(ids(ledger.take(small("a0"))), ["0"]);
  assert.deepEqual(ids(ledger.take(small("a1"))), ["1"]);
  assert.deepEqual(ids(ledger.take(small("b0"))), ["0"]);
  assert.deepEqual(ids(ledger.take(small("b1"))), ["1"]);
});

const step = fc.record({
  worker: fc.nat(9),
  count: fc.integer({ min: 1, max: 3 }),
  share: fc.double({ min: 0.05, max: 1, noNaN: true }),
});

test("whatever comes and goes, no device is given beyond its memory, nor to two where that is not allowed", () => {
  fc.assert(
    fc.property(fc.boolean(), fc.array(step, { maxLength: 40 }), (share, steps) => {
      const ledger = deviceLedger(devices(4), { share });
      const running = new Map<number, DeviceClaim>();
      for (const { worker, ...wanted } of steps) {
        const before = running.get(worker);
        if (before) {
          ledger.give(before);
          running.delete(worker);
          continue;
        }
        const next = claim(`w${worker}`, wanted.count, { share: wanted.share });
        try {
          assert.equal(new Set(ids(ledger.take(next))).size, wanted.count);
          running.set(worker, next);
        } catch (error) {
          assert.equal((error as { code?: string }).code, "SWG_GPUS_SHORT");
        }
        const shares = new Map([...running.values()].map((one) => [one.id, one.share]));
        for (const { id } of ledger.devices) {
          const there = ledger.holders(id).map((holder) => shares.get(holder) ?? Number.NaN);
          assert.ok(share ? there.reduce((sum, one) => sum + one, 0) <= 1.000001 : there.length <= 1);
        }
      }
    }),
  );
});
