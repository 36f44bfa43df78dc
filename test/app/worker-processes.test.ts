// The processes of a gateway's workers together.
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { workerProcesses } from "../../src/app/worker-processes.ts";
import { realClock } from "../../src/core/index.ts";
import { LAUNCH_LIMITS } from "../../src/fleet/launcher/launch-limits.ts";
import { silentLog } from "../../src/telemetry/index.ts";
import { temporaryFolder } from "../core/temporary-folder.ts";
import { eventually } from "./api.ts";

test("bug: the name of a worker was free while its process still ended: the next one lost its note when it was gone", async () => {
  const folder = temporaryFolder();
  const logFile = join(folder, "worker.log");
  const slow = "process.on('SIGTERM', () => console.log('ending')); console.log('up'); setInterval(() => {}, 1000)";
  const processes = workerProcesses([], { clock: realClock, log: silentLog });
  const limits = { ...LAUNCH_LIMITS, stopMs: 700 };
  const noteFolder = join(folder, "notes");
  const start = () =>
    processes.add({ id: "w-0", command: process.execPath, args: ["-e", slow], env: {}, logFile, noteFolder, limits });
  const says = (text: string) =>
    eventually(text, () => existsSync(logFile) && readFileSync(logFile, "utf8").includes(text));
  start();
  await says("up");
  const gone = processes.remove("w-0");
  await says("ending");
  assert.deepEqual(
    processes.list.map(({ id }) => id),
    ["w-0"],
    "its name is taken until it is gone",
  );
  await gone;
  assert.deepEqual(processes.list, []);
  start();
  assert.ok(existsSync(join(noteFolder, "w-0.json")));
  await processes.stop();
});
