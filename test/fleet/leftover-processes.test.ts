// Workers of a gateway that was killed: ended by the next one, and nobody else's process is touched.
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { realClock } from "../../src/core/index.ts";
import { localProcess, reapLeftovers } from "../../src/fleet/index.ts";

const SLEEP = ["-e", "setInterval(() => {}, 1000); console.log('runs')"];
const INDEX = pathToFileURL(join(import.meta.dirname, "../../src/fleet/index.ts")).href;
const CORE = pathToFileURL(join(import.meta.dirname, "../../src/core/index.ts")).href;

const folder = (): string => mkdtempSync(join(tmpdir(), "switchgear-notes-"));

/** A process that starts a worker as a gateway does, and then does nothing. */
async function gateway(notes: string): Promise<{ readonly child: ChildProcess; readonly workerPid: number }> {
  const source = `
    import { localProcess } from ${JSON.stringify(INDEX)};
    import { realClock } from ${JSON.stringify(CORE)};
    const spec = { id: "a/0", command: process.execPath, args: ${JSON.stringify(SLEEP)}, env: {},
      logFile: ${JSON.stringify(join(notes, "log"))}, noteFolder: ${JSON.stringify(notes)} };
    console.log(localProcess({ spec, clock: realClock, onExit: () => {} }).pid);`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", source], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [line] = (await once(child.stdout, "data")) as [Buffer];
  return { child, workerPid: Number(line.toString()) };
}

function runs(pid: number): boolean {
  try {
    return !/^\d+ \(.*\) Z/.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return false;
  }
}

test("after kill -9 of the gateway its worker is ended once; while the gateway runs it is left alone", async () => {
  const notes = folder();
  const { child, workerPid } = await gateway(notes);
  assert.deepEqual(await reapLeftovers(notes, 1000), []);
  assert.ok(runs(workerPid));
  child.kill("SIGKILL");
  await once(child, "exit");
  assert.ok(runs(workerPid), "this worker does not end with its gateway, as vLLM does not");
  assert.deepEqual(await reapLeftovers(notes, 1000), ["a/0"]);
  assert.ok(!runs(workerPid));
  assert.deepEqual(await reapLeftovers(notes, 1000), []);
});

/** A worker of a gateway that is gone: its leader, and an engine of its group that does not listen to SIGTERM. */
async function leftover(notes: string): Promise<{ readonly leader: ChildProcess; readonly engine: number }> {
  const deaf = "process.on('SIGTERM', () => {}); setInterval(() => {}, 1000); console.log(process.pid)";
  const source = `const { spawn } = await import("node:child_process");
    spawn(process.execPath, ["-e", ${JSON.stringify(deaf)}], { stdio: "inherit" });
    process.on("SIGTERM", () => process.exit(0));`;
  const leader = spawn(process.execPath, ["--input-type=module", "-e", source], {
    stdio: ["ignore", "pipe", "inherit"],
    detached: true,
  });
  const [line] = (await once(leader.stdout, "data")) as [Buffer];
  const started = readFileSync(`/proc/${leader.pid}/stat`, "utf8")
    .replace(/^.*\) /s, "")
    .split(" ")[19];
  const boot = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
  const worker = { pid: leader.pid, started: `${started}@${boot}` };
  writeFileSync(join(notes, "w.json"), JSON.stringify({ worker, gateway: { pid: 2 ** 22 + 1, started: "gone" } }));
  return { leader, engine: Number(line.toString()) };
}

test("what a worker's leader leaves behind when it ends is ended, too", async () => {
  const notes = folder();
  const { engine } = await leftover(notes);
  assert.deepEqual(await reapLeftovers(notes, 200), ["w"]);
  assert.ok(!runs(engine), "it does not listen to SIGTERM");
});

test("bug: engines whose leader was killed together with the gateway held their GPU for ever", async () => {
  const notes = folder();
  const { leader, engine } = await leftover(notes);
  leader.kill("SIGKILL");
  await once(leader, "exit");
  assert.ok(runs(engine));
  assert.deepEqual(await reapLeftovers(notes, 200), ["w"]);
  assert.ok(!runs(engine));
});

test("a process that has the number of an ended worker, and notes that are no notes, are left alone", async () => {
  const notes = folder();
  const other = spawn(process.execPath, SLEEP, { stdio: ["ignore", "pipe", "ignore"], detached: true });
  await once(other.stdout, "data");
  const gone = { pid: other.pid, started: "1@another-boot" };
  writeFileSync(join(notes, "a.json"), JSON.stringify({ worker: gone, gateway: gone }));
  writeFileSync(join(notes, "b.json"), '{"worker": {"pid": -1');
  assert.deepEqual(await reapLeftovers(notes, 1000), []);
  assert.ok(other.pid !== undefined && runs(other.pid));
  assert.deepEqual(readdirSync(notes), []);
  other.kill("SIGKILL");
});

test("a worker that was stopped leaves no note", async () => {
  const notes = folder();
  const spec = {
    id: "w",
    command: process.execPath,
    args: SLEEP,
    env: {},
    logFile: join(folder(), "log"),
    noteFolder: notes,
  };
  const worker = localProcess({ spec, clock: realClock, onExit: () => assert.fail("it runs") });
  assert.deepEqual(readdirSync(notes), ["w.json"]);
  await worker.stop(1000);
  assert.deepEqual(readdirSync(notes), []);
});
