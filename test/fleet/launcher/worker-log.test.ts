// Logs of workers stay below a size while the process goes on writing to them.
import assert from "node:assert/strict";
import { appendFileSync, closeSync, existsSync, mkdtempSync, readFileSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { openLog, rotateLog } from "../../../src/fleet/launcher/worker-log.ts";

const RULE = { bytes: 100, files: 2 };

test("a log is moved when it is large, the oldest goes, and the writer goes on at the new start", async () => {
  const file = join(mkdtempSync(join(tmpdir(), "switchgear-rotate-")), "worker.log");
  const writer = openLog(file);
  assert.ok(writer !== undefined);
  for (const letter of ["a", "b", "c", "d"]) {
    writeSync(writer, letter.repeat(60));
    assert.equal(await rotateLog(file, RULE), false, "not large yet");
    writeSync(writer, letter.repeat(60));
    assert.equal(await rotateLog(file, RULE), true);
  }
  writeSync(writer, "e");
  closeSync(writer);
  assert.equal(readFileSync(file, "utf8"), "e");
  assert.equal(readFileSync(`${file}.1`, "utf8"), "d".repeat(120));
  assert.equal(readFileSync(`${file}.2`, "utf8"), "c".repeat(120));
  assert.ok(!existsSync(`${file}.3`));
});

test("without moved files the log is only cut", async () => {
  const file = join(mkdtempSync(join(tmpdir(), "switchgear-rotate-")), "worker.log");
  appendFileSync(file, "x".repeat(200));
  assert.equal(await rotateLog(file, { bytes: 100, files: 0 }), true);
  assert.equal(readFileSync(file, "utf8"), "");
  assert.ok(!existsSync(`${file}.1`));
});
