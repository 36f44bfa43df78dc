// Adapters of a converted server: its workers keep them, and the gateway serves what they tell of.
import assert from "node:assert/strict";
import { test } from "node:test";
import { converted, dispositionOf, fieldOf } from "./conversions.ts";

const ARGS = "spec.serving.workers.args";

test("options about LoRA adapters are passed on to the workers", () => {
  const conversion = converted("vllm serve m --enable-lora --lora-modules sql=/a/sql law=/a/law --max-loras 2");
  for (const flag of ["--enable-lora", "--lora-modules", "--max-loras"])
    assert.equal(dispositionOf(conversion, flag), `passed-through argument ${ARGS}`);
  assert.deepEqual(fieldOf(conversion, ARGS), [
    "--enable-lora",
    "--lora-modules",
    "sql=/a/sql",
    "law=/a/law",
    "--max-loras",
    "2",
  ]);
});
