// The ledger's batches: nothing waits for them, a store that fails is tried again, and memory has an end.
import assert from "node:assert/strict";
import { test } from "node:test";
import { virtualClock } from "../../src/core/virtual-clock.ts";
import { ledger, type UsageRow } from "../../src/state/index.ts";
import { silentLog } from "../../src/telemetry/index.ts";
import { usageRow } from "./usage.ts";

function setting() {
  const clock = virtualClock();
  const batches: (readonly UsageRow[])[] = [];
  const state = { down: false };
  const store = {
    async append(rows: readonly UsageRow[]) {
      if (state.down) throw new Error("down");
      batches.push(rows);
    },
  };
  const settled = () => new Promise((resolve) => void setImmediate(resolve));
  return { clock, batches, state, store, settled };
}

test("rows are written together, within a second, in the order in which they came", async () => {
  const { clock, batches, store, settled } = setting();
  const book = ledger({ store, clock, log: silentLog });
  for (let i = 0; i < 1200; i++) book.add(usageRow(String(i)));
  assert.equal(batches.length, 0);
  for (let ms = 0; ms < 1000; ms += 25) {
    clock.advance(25);
    await settled();
  }
  assert.deepEqual(
    batches.map(({ length }) => length),
    [500, 500, 200],
  );
  assert.deepEqual(
    batches.flat().map(({ id }) => Number(id)),
    Array.from({ length: 1200 }, (_, i) => i),
  );
  assert.equal(book.waiting, 0);
});

test("a store that is away is tried again; beyond the limit rows are counted as lost, and nothing throws", async () => {
  const { clock, batches, state, store, settled } = setting();
  const book = ledger({ store, clock, log: silentLog, maxWaiting: 10 });
  state.down = true;
  for (let i = 0; i < 15; i++) book.add(usageRow(String(i)));
  clock.advance(300);
  await settled();
  await book.flush();
  assert.deepEqual([book.waiting, book.lost], [10, 5]);
  state.down = false;
  clock.advance(1100);
  await settled();
  assert.equal(batches.flat().length, 10);
});

test("closing writes what is left", async () => {
  const { clock, batches, store } = setting();
  const book = ledger({ store, clock, log: silentLog });
  for (let i = 0; i < 700; i++) book.add(usageRow(String(i)));
  await book.close();
  assert.equal(batches.flat().length, 700);
});
