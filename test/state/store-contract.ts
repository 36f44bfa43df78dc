// What every store of tenants must do; the tests of each run it.
import assert from "node:assert/strict";
import type { KeyRow, TenantStore } from "../../src/state/index.ts";
import { AT, usageRow } from "./usage.ts";

export async function storeContract(store: TenantStore): Promise<void> {
  await keysAreKept(store);
  await rowsAreKept(store);
  await countsAdd(store);
  await oldGoes(store);
  await dearDaysAreSummed(store);
  const [one, two] = [await store.secret(), await store.secret()];
  assert.equal(one.length, 32);
  assert.deepEqual(one, two);
}

async function keysAreKept(store: TenantStore): Promise<void> {
  const key: KeyRow = {
    id: "0123",
    tenant: "a",
    role: "client",
    hash: "ff",
    label: "web",
    createdAt: 1,
    expiresAt: AT,
    revokedAt: undefined,
  };
  await store.saveKey(key);
  assert.deepEqual(await store.keys(), [key]);
  await store.saveKey({ ...key, revokedAt: AT });
  assert.deepEqual(await store.keys(), [{ ...key, revokedAt: AT }]);
  // A rotation that another gateway began before it heard of the revocation.
  await store.saveKey({ ...key, expiresAt: AT + 1 });
  assert.deepEqual(await store.keys(), [{ ...key, expiresAt: AT + 1, revokedAt: AT }]);
}

async function rowsAreKept(store: TenantStore): Promise<void> {
  const rows = [usageRow("1"), usageRow("2", { tenant: "b", keyId: undefined, at: AT + 1, estimated: true })];
  await store.append(rows);
  await store.append([...rows, usageRow("3", { at: AT + 86_400_000 })]);
  const all = { from: 0, to: Number.MAX_SAFE_INTEGER };
  assert.deepEqual(
    (await store.rows(all)).map(({ id }) => id),
    ["1", "2", "3"],
    "a batch that comes again counts once",
  );
  assert.deepEqual((await store.rows({ ...all, tenant: "b" }))[0], rows[1]);
  assert.equal((await store.rows({ ...all, limit: 1 })).length, 1);
  const rest = await store.rows({ ...all, from: AT, after: "1" });
  assert.deepEqual(
    rest.map(({ id }) => id),
    ["2", "3"],
    "one reads on where the last page ended",
  );
  const day = Date.UTC(2026, 10, 15);
  const sums = await store.sums({ from: day, to: day + 86_400_000 });
  assert.deepEqual(
    sums.map(({ tenant, requests, cost }) => [tenant, requests, cost]),
    [
      ["a", 1, 25_000],
      ["b", 1, 25_000],
    ],
  );
  assert.equal(sums[0]?.day, Date.UTC(2026, 10, 15));
}

/** 27 million money units of one key on one day: more billionths than a number holds exactly. */
async function dearDaysAreSummed(store: TenantStore): Promise<void> {
  const cost = Number.MAX_SAFE_INTEGER;
  const at = AT + 40 * 86_400_000;
  await store.append(["d1", "d2", "d3"].map((id) => usageRow(id, { at, cost })));
  const [sum] = await store.sums({ from: at - 86_400_000, to: at + 1 });
  assert.ok(sum !== undefined && Math.abs(sum.cost / (3 * cost) - 1) < 1e-9);
}

async function countsAdd(store: TenantStore): Promise<void> {
  const spent = [
    { name: "x", window: 60_000, by: 3 },
    { name: "y", window: 60_000, by: 5 },
  ];
  assert.deepEqual(await store.count(spent), [3, 5]);
  assert.deepEqual(await store.count([...spent].reverse()), [10, 6]);
  assert.deepEqual(await store.count([{ name: "x", window: 120_000, by: 1 }]), [1]);
  assert.deepEqual(await store.count([]), []);
  const seeded = { name: "z", window: 60_000, by: 2, seed: 10 };
  assert.deepEqual(await store.count([seeded]), [12]);
  assert.deepEqual(await store.count([seeded, { name: "w", window: 60_000, by: -1, seed: 4 }]), [14, 3]);
}

/** Of the three rows of `rowsAreKept`, the one a day later stays; what was counted of the others stays as their day's sums. */
async function oldGoes(store: TenantStore): Promise<void> {
  const all = { from: 0, to: Number.MAX_SAFE_INTEGER };
  const before = await store.sums(all);
  const old = { rowsBefore: AT + 2, sumsBefore: 0, countsBefore: 90_000 };
  assert.equal(await store.forget(old), 2);
  assert.equal(await store.forget(old), 0);
  assert.deepEqual(
    (await store.rows(all)).map(({ id }) => id),
    ["3"],
  );
  assert.deepEqual(await store.sums(all), before, "a report says what it said");
  assert.deepEqual((await store.sums({ ...all, tenant: "b" })).length, 1);
  await store.append([usageRow("4")]);
  assert.equal(await store.forget(old), 1);
  const [first] = await store.sums({ from: AT - 86_400_000, to: AT + 1, tenant: "a" });
  assert.deepEqual([first?.requests, first?.cost], [2, 50_000], "a later row of a day that was folded adds to it");
  assert.deepEqual(
    await store.count([{ name: "x", window: 60_000, by: 1 }]),
    [1],
    "the counter of an old window is gone",
  );
  assert.deepEqual(await store.count([{ name: "x", window: 120_000, by: 1 }]), [2]);
  await store.forget({ ...old, sumsBefore: AT });
  assert.deepEqual(
    (await store.sums(all)).map(({ requests }) => requests),
    [1],
  );
}
