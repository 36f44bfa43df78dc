// Log lines that cannot be written are dropped and counted; nothing waits for them and nothing ends.
import assert from "node:assert/strict";
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { logDestination } from "../../src/telemetry/log-destination.ts";

async function until(condition: () => boolean): Promise<void> {
  const limit = Date.now() + 2000;
  while (!condition()) {
    assert.ok(Date.now() < limit, "not within 2 s");
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

test("lines arrive whole and in order", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "switchgear-log-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const file = join(folder, "log");
  const fd = openSync(file, "a");
  t.after(() => closeSync(fd));
  const destination = logDestination(fd);
  const lines = Array.from({ length: 2000 }, (_, i) => `{"line":${i}}\n`);
  for (const line of lines) destination.write(line);
  await until(() => readFileSync(file, "utf8") === lines.join(""));
  assert.equal(destination.lost, 0);
});

test("what is still held at the end is written by flush", (t) => {
  const folder = mkdtempSync(join(tmpdir(), "switchgear-log-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const file = join(folder, "log");
  const fd = openSync(file, "a");
  const destination = logDestination(fd);
  destination.write("first\n");
  destination.write("second\n");
  destination.flush();
  assert.match(readFileSync(file, "utf8"), /second\n/);
});

test("a full disk loses lines, and neither throws nor waits", { skip: process.platform !== "linux" }, async (t) => {
  const fd = openSync("/dev/full", "w");
  t.after(() => closeSync(fd));
  const destination = logDestination(fd);
  destination.write("one\n");
  destination.write("two\n");
  await until(() => destination.lost === 2);
  destination.write("three\n");
  destination.write("four\n");
  destination.flush();
  assert.ok(destination.lost >= 3);
});

test("what is held is bounded", () => {
  // The descriptor is never asked: the first line is taken at once, the others are held.
  const fd = openSync("/dev/null", "w");
  const destination = logDestination(fd, 10);
  for (let i = 0; i < 5; i++) destination.write("12345\n");
  assert.equal(destination.lost, 3);
});
