// The delivery queue gives items by due time, equal times in order of insertion.
import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { deliveryQueue } from "../../../src/engine/delivery-queue.ts";

test("items come out as a stable sort would give them, never before they are due", () => {
  fc.assert(
    fc.property(fc.array(fc.nat(5), { maxLength: 60 }), fc.nat(6), (times, now) => {
      const queue = deliveryQueue<number>();
      times.forEach((at, i) => queue.push(at, i));
      const sorted = times.map((at, i) => ({ at, i })).toSorted((a, b) => a.at - b.at);
      assert.equal(queue.nextDue(), sorted[0]?.at);
      const due: number[] = [];
      for (let item = queue.takeDue(now); item !== undefined; item = queue.takeDue(now)) due.push(item);
      assert.deepEqual(
        due,
        sorted.filter(({ at }) => at <= now).map(({ i }) => i),
      );
      assert.equal(queue.length, times.length - due.length);
      queue.clear();
      assert.equal(queue.nextDue(), undefined);
    }),
  );
});
