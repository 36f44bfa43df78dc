// Which beginnings of prompts are hot: shared ones, whole blocks, with their own salt, within bounds.
import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { hotPrefixes } from "../../../src/app/autoscaling/prewarm/hot-prefixes.ts";
import { hashBlocks } from "../../../src/tokens/index.ts";

const BLOCK = 4;

function saw(hot: ReturnType<typeof hotPrefixes>, tokens: readonly number[], salt?: string): void {
  const ids = Int32Array.from(tokens);
  hot.saw(hashBlocks(ids, BLOCK, { model: "m", salt }), { ids, salt });
}

const range = (from: number, count: number): number[] => Array.from({ length: count }, (_, i) => from + i);

test("the part that requests share, longest where they share most, and nothing of what one alone had", () => {
  const hot = hotPrefixes();
  const system = range(100, 9);
  for (let i = 0; i < 3; i++) saw(hot, [...system, ...range(1000 * (i + 1), 8)]);
  for (let i = 0; i < 2; i++) saw(hot, [...range(500, 4), ...range(9000 + 100 * i, 4)]);
  saw(hot, range(7000, 40));
  assert.deepEqual(
    hot.hottest(5).map(({ ids }) => [...ids]),
    [range(100, 8), range(500, 4)],
  );
  assert.deepEqual(
    hot.hottest(1).map(({ ids }) => [...ids]),
    [range(100, 8)],
  );
  assert.deepEqual(hot.hottest(0), []);
});

test("equal prompts under two salts are two prefixes, each with its own", () => {
  const hot = hotPrefixes();
  for (const salt of ["a", "b", "a", "b", undefined]) saw(hot, range(0, 8), salt);
  assert.deepEqual(new Set(hot.hottest(9).map(({ salt }) => salt)), new Set(["a", "b"]));
});

test("whatever comes, prefixes are beginnings of what came, and old ones go out", () => {
  const prompt = fc.array(fc.integer({ min: 0, max: 2 }), { maxLength: 24 });
  fc.assert(
    fc.property(fc.array(prompt, { maxLength: 60 }), fc.integer({ min: 0, max: 8 }), (prompts, count) => {
      const hot = hotPrefixes();
      for (const one of prompts) saw(hot, one);
      const found = hot.hottest(count).map(({ ids }) => [...ids].join());
      assert.ok(found.length <= count && new Set(found).size === found.length);
      for (const one of found)
        assert.ok(prompts.filter((all) => all.slice(0, one.split(",").length).join() === one).length >= 2);
    }),
  );
  const hot = hotPrefixes(520);
  for (let i = 0; i < 4; i++) saw(hot, range(0, 8));
  for (let i = 1; i < 40; i++) saw(hot, range(1000 * i, 16));
  assert.deepEqual(hot.hottest(4), []);
});
