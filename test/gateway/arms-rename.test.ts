// The arm's model name becomes the client's in any cut of the bytes, and nothing else changes.
import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { modelRename } from "../../src/gateway/arms/model-rename.ts";

function through(text: string, cuts: readonly number[], from = "theirs"): string {
  const rename = modelRename(from, "ours");
  const bytes = Buffer.from(text);
  const places = [...new Set(cuts.map((cut) => cut % (bytes.length + 1)))].sort((a, b) => a - b);
  const out = [...places, bytes.length].map((end, i) => rename.push(bytes.subarray(places[i - 1] ?? 0, end)));
  return Buffer.concat([...out, rename.end()]).toString();
}

test("renamed with and without a blank, in text that was cut anywhere", () => {
  const text = '{"id":"a","model":"theirs","x":{"model": "theirs"},"content":"say \\"model\\":\\"theirs\\""}';
  const wanted = '{"id":"a","model":"ours","x":{"model": "ours"},"content":"say \\"model\\":\\"theirs\\""}';
  fc.assert(fc.property(fc.array(fc.nat(200)), (cuts) => assert.equal(through(text, cuts), wanted)));
});

test("bytes without the name pass as they are", () => {
  fc.assert(
    fc.property(fc.string(), fc.array(fc.nat(50)), (text, cuts) => {
      fc.pre(!text.includes("theirs"));
      assert.equal(through(text, cuts), Buffer.from(text).toString());
    }),
  );
});
