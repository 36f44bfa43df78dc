// The fitted coefficients are what `npm run calibrate` wrote: no edit by hand goes unseen.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { loadProfile } from "../../src/model/index.ts";
import { FITTED } from "../../src/model/fitted-coefficients.ts";

test("the hash is that of the values, and docs/fidelity.md was written with them", () => {
  const hash = createHash("sha256").update(JSON.stringify(FITTED.values)).digest("hex");
  assert.equal(FITTED.hash, hash);
  const page = readFileSync(new URL("../../docs/fidelity.md", import.meta.url), "utf8");
  assert.ok(page.includes(hash.slice(0, 16)), "run `npm run calibrate -- --frozen`");
});

test("a profile tells whether its coefficients were measured, and how well they fit", () => {
  const measured = loadProfile("llama-3.1-70b-h100-tp4-fp8");
  const derived = loadProfile("qwen3-32b-h100-tp4-bf16");
  assert.deepEqual([measured.evidence, derived.evidence], ["measured", "derived"]);
  assert.match(measured.provenance, /TPOT error \d/);
});
