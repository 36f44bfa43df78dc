// Numbers are printed as Python prints them; golden values by scripts/golden/run.sh.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { pythonFixed, pythonFloat, pythonPercent } from "../../src/core/index.ts";

interface Golden {
  readonly floats: readonly (readonly [number, string])[];
  readonly fixed: readonly (readonly [number, number, string])[];
  readonly percent: readonly (readonly [number, number, string])[];
}

const golden = JSON.parse(readFileSync(new URL("python-format-golden.json", import.meta.url), "utf8")) as Golden;

test("floats, fixed decimals and percents read as in Python", () => {
  for (const [value, text] of golden.floats) assert.equal(pythonFloat(value), text);
  for (const [value, decimals, text] of golden.fixed) assert.equal(pythonFixed(value, decimals), text);
  for (const [value, decimals, text] of golden.percent) assert.equal(pythonPercent(value, decimals), text);
  assert.equal(pythonFloat(Number.NaN), "nan");
});
