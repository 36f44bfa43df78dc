// Kept texts: who may read them, how long they live, how large they grow.
import assert from "node:assert/strict";
import { appendFileSync, mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { textStore } from "../../../src/app/migration/text-store.ts";
import { virtualClock } from "../../../src/core/index.ts";
import type { PairTexts } from "../../../src/migration/index.ts";

const HOUR_MS = 3_600_000;

function folderOf(t: TestContext): string {
  const root = mkdtempSync(join(tmpdir(), "switchgear-texts-"));
  t.after(() => rmSync(root, { recursive: true, force: true }));
  return join(root, "texts");
}

const texts = (at: number): PairTexts => ({
  at,
  kind: "pair",
  stratum: "short unary",
  equal: false,
  prompt: `prompt at ${at}`,
  primary: "a",
  shadow: "b",
});

test("no text lives longer than its time, and none is lost before 23/24 of it", (t) => {
  const folder = folderOf(t);
  const clock = virtualClock(1_800_000_000_000);
  const store = textStore({ folder, ttlMs: 24 * HOUR_MS, clock });
  const written: number[] = [];
  for (let i = 0; i < 40 * 12; i++) {
    const now = clock.epoch();
    assert.ok(store.keep(texts(now)));
    written.push(now);
    store.purge();
    const ages = store.last(10_000).map(({ at }) => now - at);
    assert.ok(Math.max(...ages) < 24 * HOUR_MS, "none too old");
    const young = written.filter((at) => now - at < 23 * HOUR_MS);
    assert.ok(ages.length >= young.length, "none gone early");
    clock.advance(HOUR_MS / 12);
  }
  clock.advance(25 * HOUR_MS);
  assert.deepEqual(store.last(10), [], "what is too old is not told, purged or not");
  store.purge();
  assert.deepEqual(readdirSync(folder), []);
});

test("folder and files are the owner's alone, the newest come first, a torn line is left out", (t) => {
  const folder = folderOf(t);
  const store = textStore({ folder, ttlMs: HOUR_MS, clock: virtualClock(0) });
  for (const at of [1, 2, 3]) store.keep(texts(at));
  assert.equal(statSync(folder).mode & 0o777, 0o700);
  const [file = ""] = readdirSync(folder);
  assert.equal(statSync(join(folder, file)).mode & 0o777, 0o600);
  appendFileSync(join(folder, file), '{"at":4,"pro');
  assert.deepEqual(
    store.last(2).map(({ at }) => at),
    [3, 2],
  );
});

test("files grow to their limit and no further, also over a restart; a plan that asks for none loses those it had", (t) => {
  const folder = folderOf(t);
  const clock = virtualClock(0);
  const size = JSON.stringify(texts(1)).length + 1;
  const options = { folder, clock, ttlMs: HOUR_MS, maxBytes: 2 * size };
  const store = textStore(options);
  assert.deepEqual([store.keep(texts(1)), store.keep(texts(2)), store.keep(texts(3))], [true, true, false]);
  assert.equal(textStore(options).keep(texts(4)), false);
  clock.advance(HOUR_MS);
  store.purge();
  assert.equal(store.keep(texts(5)), true, "what is deleted makes room");
  const none = textStore({ ...options, ttlMs: 0 });
  assert.equal(none.keep(texts(6)), false);
  none.purge();
  assert.deepEqual(readdirSync(folder), []);
});
