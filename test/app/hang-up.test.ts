// A terminal window that is closed: what ran in it ends, though SIGHUP otherwise only reloads.
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { test } from "node:test";
import { eventually } from "./api.ts";
import { gatewayFile } from "./gateway-file.ts";
import { fakeVllm } from "./served.ts";
import { streaming } from "./steady-load.ts";

const MAIN = resolve(import.meta.dirname, "../../src/cli/main.ts");
const PORTS = "--port 0 --admin-port 0 --metrics-port 0 --json --quiet";

function hasScript(): boolean {
  try {
    execFileSync("script", ["--version"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

test("the gateway reloads on SIGHUP while its terminal is there, and ends when it is gone", async (context) => {
  if (!hasScript()) return context.skip("script(1) of util-linux is not installed");
  const worker = await fakeVllm(streaming);
  const file = gatewayFile();
  file.write([worker.url("m")]);
  const command = `exec ${process.execPath} ${MAIN} serve ${file.path} ${PORTS} --state-directory ${join(file.folder, "s")}`;
  const terminal = spawn("script", ["-qec", command, "/dev/null"], { stdio: ["pipe", "pipe", "inherit"] });
  context.after(() => void terminal.kill("SIGKILL"));
  const [line] = (await once(terminal.stdout, "data")) as [Buffer];
  const { data } = JSON.parse(line.toString()) as { data: string };
  const children = readFileSync(`/proc/${terminal.pid}/task/${terminal.pid}/children`, "utf8");
  const gateway = Number(children.trim());
  process.kill(gateway, "SIGHUP");
  await eventually("it serves", async () => (await fetch(`${data}/ready`)).status === 200);
  terminal.kill("SIGKILL");
  await eventually("it has ended", () => !lives(gateway), 10_000);
  assert.equal(lives(gateway), false);
});

function lives(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
