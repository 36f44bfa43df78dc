// CPU and memory of a process tree, read from /proc.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { test } from "node:test";
import { cpuSeconds, residentMegabytes } from "../../bench/lib/process-usage.ts";

const skip = existsSync("/proc/self/stat") ? false : "no /proc here";
const BURN = "const end = process.cpuUsage().user + 300000; while (process.cpuUsage().user < end);";

test("children count", { skip }, async () => {
  const script = `
    const { spawn } = require("node:child_process");
    const child = spawn(process.execPath, ["-e", ${JSON.stringify(`${BURN} console.log("burnt"); setInterval(() => {}, 1000);`)}]);
    child.stdout.once("data", () => console.log("burnt"));
    process.stdin.resume().on("end", () => { child.kill(); process.exit(); });`;
  const parent = spawn(process.execPath, ["-e", script], { stdio: ["pipe", "pipe", "inherit"] });
  await once(parent.stdout, "data");
  const pid = parent.pid ?? 0;
  assert.ok(cpuSeconds(pid) >= 0.29, `${cpuSeconds(pid)} s`);
  assert.ok(residentMegabytes(pid) > 40, "two Node processes");
  const gone = once(parent, "exit");
  parent.stdin.end();
  await gone;
  assert.equal(cpuSeconds(pid), 0);
});
