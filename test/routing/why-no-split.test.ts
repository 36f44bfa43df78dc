// Where separate workers cannot pay: each part of the rule at its edge.
import assert from "node:assert/strict";
import { test } from "node:test";
import { type SplitFigures, whyNoSplit } from "../../src/routing/index.ts";

const TRANSFER = { tokens: 8192, transferMs: 66, prefillMs: 418, link: "ndr400" };
const GAPS = { sloMs: 50, chunkTokens: 8192, chunkMs: 400, decodeMs: 9 };
const PAYS: SplitFigures = {
  uncachedTokens: 4000,
  transfer: TRANSFER,
  gaps: GAPS,
  workers: 8,
};

test("nothing speaks against long prompts, a fast network, tight gaps and many workers; nothing known says nothing", () => {
  assert.deepEqual(whyNoSplit(PAYS), []);
  assert.deepEqual(whyNoSplit({}), []);
});

const AGAINST: readonly (readonly [string, Partial<SplitFigures>, RegExp])[] = [
  ["short prompts", { uncachedTokens: 1999 }, /1,999 uncached tokens/],
  ["a slow network", { transfer: { ...TRANSFER, transferMs: 84 } }, /84 ms over ndr400, 20 % of their prefill/],
  ["loose gaps", { gaps: { ...GAPS, sloMs: 400 } }, /gaps of 400 ms are kept by one worker too/],
  ["few workers", { workers: 3 }, /3 workers are too few/],
];

for (const [name, change, reason] of AGAINST) {
  test(`${name} speak against it, with the number`, () => {
    const reasons = whyNoSplit({ ...PAYS, ...change });
    assert.equal(reasons.length, 1);
    assert.match(reasons[0] ?? "", reason);
  });
}

test("gaps below 1.5 steps of a lone answer ask for it, whatever a chunk takes", () => {
  assert.deepEqual(whyNoSplit({ gaps: { sloMs: 13, chunkTokens: 512, chunkMs: 12, decodeMs: 9 } }), []);
});
