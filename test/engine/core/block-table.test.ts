// The block table against a plain map, with keys that collide.
import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { blockTable } from "../../../src/engine/core/block-table.ts";

const BLOCKS = 12;

test("finds what was added and not removed, whatever collides", () => {
  // The table has 32 places: keys that differ by 32 share a home, neighbours overlap.
  const key = fc.constantFrom(30, 31, 32, 62, 63, 64, 95, 1);
  const operations = fc.array(fc.tuple(fc.integer({ min: 1, max: BLOCKS - 1 }), key), { maxLength: 80 });
  fc.assert(
    fc.property(operations, (list) => {
      const low = new Int32Array(BLOCKS);
      const table = blockTable({ low, high: new Int32Array(BLOCKS) });
      const held = new Set<number>();
      for (const [block, value] of list) {
        if (held.delete(block)) {
          table.remove(block);
        } else {
          low[block] = value;
          held.add(block);
          table.add(block);
        }
        assert.equal(table.size, held.size);
        for (const wanted of [30, 31, 32, 62, 63, 64, 95, 1, 2]) {
          const found = table.find(wanted, 0);
          const some = [...held].some((one) => low[one] === wanted);
          assert.ok(some ? held.has(found) && low[found] === wanted : found === 0);
        }
      }
      table.clear();
      assert.deepEqual([table.size, table.find(31, 0)], [0, 0]);
    }),
    { numRuns: 500 },
  );
});

test("the high word is part of the key", () => {
  const low = Int32Array.of(0, 5, 5);
  const high = Int32Array.of(0, 1, -1);
  const table = blockTable({ low, high });
  table.add(1);
  table.add(2);
  assert.deepEqual([table.find(5, 1), table.find(5, -1), table.find(5, 0)], [1, 2, 0]);
});
