// Local worker processes: restarted when they end, stopped when asked, killed when they do not listen.
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { realClock } from "../../src/core/index.ts";
import { localProcess } from "../../src/fleet/index.ts";

const logFile = join(mkdtempSync(join(tmpdir(), "switchgear-process-")), "worker.log");

function script(source: string): { command: string; args: string[] } {
  return { command: process.execPath, args: ["-e", source] };
}

test("a process that ends is started again, and its output is kept", async () => {
  const ends: string[] = [];
  let again: () => void = () => undefined;
  const twice = new Promise<void>((resolve) => void (again = resolve));
  const worker = localProcess({
    spec: { id: "w", ...script("console.log('hello from the worker'); process.exit(3)"), env: {}, logFile },
    clock: realClock,
    onExit: ({ how }) => {
      ends.push(how);
      if (ends.length === 2) again();
    },
  });
  await twice;
  assert.deepEqual(ends, ["exit code 3", "exit code 3"]);
  assert.equal(worker.restarts, 1);
  await worker.stop(1000);
  assert.match(readFileSync(logFile, "utf8"), /hello from the worker/);
});

test("a process that ignores SIGTERM is killed after the grace time", async () => {
  const deaf = "process.on('SIGTERM', () => {}); console.log('deaf now'); setInterval(() => {}, 1000)";
  const worker = localProcess({
    spec: { id: "w", ...script(deaf), env: {}, logFile: `${logFile}.deaf` },
    clock: realClock,
    onExit: () => assert.fail("it was asked to stop"),
  });
  while (!readFileSync(`${logFile}.deaf`, "utf8").includes("deaf now"))
    await new Promise((next) => void setTimeout(next, 10));
  const asked = performance.now();
  await worker.stop(100);
  assert.equal(worker.pid, undefined);
  assert.ok(performance.now() - asked >= 99, "SIGTERM alone ended it");
});

test("a log file that cannot be opened costs the log, not the worker", async () => {
  const worker = localProcess({
    // A file stands where its folder should be.
    spec: { id: "w", ...script("setInterval(() => {}, 1000)"), env: {}, logFile: join(logFile, "below", "worker.log") },
    clock: realClock,
    onExit: () => assert.fail("it runs"),
  });
  assert.equal(typeof worker.pid, "number");
  await worker.stop(1000);
});

test("a process that cannot be launched is tried again, and nothing is thrown", async () => {
  let ended: (how: string) => void = () => undefined;
  const end = new Promise<string>((resolve) => void (ended = resolve));
  const worker = localProcess({
    // A NUL byte makes spawn throw at once.
    spec: { id: "w", command: process.execPath, args: ["a\0b"], env: {}, logFile },
    clock: realClock,
    onExit: ({ how }) => ended(how),
  });
  assert.match(await end, /null bytes/);
  assert.equal(worker.pid, undefined);
  await worker.stop(100);
});

test("what a worker's process started ends with it, before it is started again", async () => {
  const file = `${logFile}.family`;
  const child = "setInterval(() => {}, 1000)";
  const source = `const c = require("child_process").spawn(process.execPath, ["-e", ${JSON.stringify(child)}]);
    require("fs").writeSync(1, "child " + c.pid + "\\n"); process.exit(1);`;
  let ended: () => void = () => undefined;
  const end = new Promise<void>((resolve) => void (ended = resolve));
  const worker = localProcess({
    spec: { id: "w", ...script(source), env: {}, logFile: file },
    clock: realClock,
    onExit: () => ended(),
  });
  await end;
  const [, pid = ""] = /child (\d+)/.exec(readFileSync(file, "utf8")) ?? [];
  assert.ok(Number(pid) > 1);
  const isGone = (): boolean => {
    const stat = readStat(pid);
    return stat === undefined || / Z /.test(stat);
  };
  const limit = performance.now() + 2000;
  while (!isGone() && performance.now() < limit) await new Promise((next) => void setTimeout(next, 10));
  assert.ok(isGone(), "its child still runs");
  await worker.stop(1000);
});

function readStat(pid: string): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/stat`, "utf8");
  } catch {
    return undefined;
  }
}
