// When the alarm says that no KV moves, and when it must not.
import assert from "node:assert/strict";
import { test } from "node:test";
import { kvMoves } from "../../../src/gateway/disaggregated/kv-moves.ts";

const gauges = (at: number, externalKvTokens: number) => ({
  at,
  running: 0,
  waiting: 0,
  kvUsage: 0,
  externalKvTokens,
});

test("bug: legs whose KV a scrape had counted ended after it, and the next quiet scrape raised the alarm", () => {
  const moves = kvMoves();
  moves.look("d", gauges(10, 400));
  for (const begunAt of [1, 2, 3, 4]) moves.served("d", { begunAt, endedAt: 20 + begunAt });
  moves.look("d", gauges(60, 400));
  assert.equal(moves.isStalled("d"), false);
});

test("legs that begin after the count last grew and move nothing raise it, once", () => {
  const raised: string[] = [];
  const moves = kvMoves((worker) => raised.push(worker));
  moves.look("d", gauges(10, 400));
  for (const begunAt of [11, 12, 13]) moves.served("d", { begunAt, endedAt: 20 + begunAt });
  moves.look("d", gauges(30, 400));
  assert.equal(moves.isStalled("d"), false, "the scrape is older than the third leg's end");
  moves.look("d", gauges(60, 400));
  moves.look("d", gauges(90, 400));
  assert.deepEqual(raised, ["d"]);
  moves.look("d", gauges(120, 500));
  assert.equal(moves.isStalled("d"), false);
});
