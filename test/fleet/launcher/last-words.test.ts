// What is told of a dead worker's output: the end of it, the line that says why, and no secret.
import assert from "node:assert/strict";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { lastWords } from "../../../src/fleet/launcher/last-words.ts";

const folder = mkdtempSync(join(tmpdir(), "switchgear-words-"));
let files = 0;

function written(text: string): string {
  const file = join(folder, `${files++}.log`);
  writeFileSync(file, text);
  return file;
}

test("the cause is the engine's own error, not the front process's word that there was one", () => {
  const file = written(
    [
      "INFO 11-23 18:00:00 [api_server.py:1] vLLM API server version 0.32.0",
      "(EngineCore pid=7) ERROR 11-23 18:00:09 [core.py:700] torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 1 GiB",
      "(APIServer pid=1) Traceback (most recent call last):",
      '(APIServer pid=1)   File "x.py", line 3, in main',
      "(APIServer pid=1) RuntimeError: Engine core initialization failed. See root cause above.",
      "",
    ].join("\n"),
  );
  const { cause, lines } = lastWords(file, 0, []);
  assert.equal(cause, "OutOfMemoryError: CUDA out of memory. Tried to allocate 1 GiB");
  assert.equal(lines.length, 5);
});

test("an argument parser's complaint is a cause, else the last line is", () => {
  const usage = written("usage: vllm serve [-h]\nvllm serve: error: unrecognized arguments: --nope\n");
  assert.match(String(lastWords(usage, 0, []).cause), /error: unrecognized arguments: --nope/);
  assert.equal(lastWords(written("one\ntwo\n\n"), 0, []).cause, "two");
  assert.equal(lastWords(written(""), 0, []).cause, undefined);
  assert.deepEqual(lastWords(join(folder, "nothing.log"), 0, []).lines, []);
});

test("only what was written since the start counts, and it is bounded in lines and length", () => {
  const before = "old: ValueError: of the start before\n";
  const file = written(
    `${before}${Array.from({ length: 100 }, (_, i) => `line ${i} ${"x".repeat(2000)}`).join("\n")}\n`,
  );
  const { lines } = lastWords(file, before.length, []);
  assert.equal(lines.length, 20);
  assert.ok(lines.every((line) => line.length <= 500) && lines.at(-1)?.startsWith("line 99 "));
  // The log was moved meanwhile, so it is shorter than it was.
  assert.equal(lastWords(written("new\n"), 1_000_000, []).cause, "new");
});

test("secrets are blotted out: those that are known, and what looks like one", () => {
  const file = written(
    "OSError: 401 for token my-own-value with hf_abcdefghijklmnopqrstuv, Bearer aaa.bbb, https://me:pass@host/x, sk-0123456789abcdef0123\n",
  );
  const told = JSON.stringify(lastWords(file, 0, ["my-own-value", "x"]));
  for (const hidden of ["my-own-value", "hf_abc", "aaa.bbb", ":pass@", "sk-0123"])
    assert.ok(!told.includes(hidden), told);
  assert.match(told, /401 for token \[secret\]/);
});
