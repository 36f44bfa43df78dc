// Restarting the gateway itself under load: the sockets survive the process, and no request fails.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { test } from "node:test";
import { inheritedSockets } from "../../src/app/index.ts";
import type { GatewayProcess } from "../packaging/gateway-process.ts";
import { eventually } from "./api.ts";
import { testDeployment } from "./deployment.ts";
import { gatewayFile, serveFile } from "./gateway-file.ts";
import { fakeVllm } from "./served.ts";
import { steadyLoad, streaming } from "./steady-load.ts";

const SERVES = /process (\d+) serves now/g;

function served(gateway: GatewayProcess): number[] {
  return [...gateway.stderr().matchAll(SERVES)].map(([, pid]) => Number(pid));
}

async function stop(gateway: GatewayProcess): Promise<void> {
  process.kill(gateway.pid, "SIGTERM");
  assert.equal(await gateway.ended, 0, gateway.stderr());
}

async function childOf(gateway: GatewayProcess): Promise<number> {
  const { readFileSync } = await import("node:fs");
  const text = readFileSync(`/proc/${gateway.pid}/task/${gateway.pid}/children`, "utf8");
  return Number(text.trim().split(" ").at(-1));
}

test("three restarts under steady load: each stream is whole, each scrape is answered", async () => {
  const worker = await fakeVllm(streaming);
  const file = gatewayFile();
  file.write([worker.url("m")]);
  const gateway = await serveFile(file, ["--supervised"]);
  const load = steadyLoad({ url: () => gateway.data, clients: 20 });
  const scrapes: number[] = [];
  let scraping = true;
  const scraper = (async () => {
    while (scraping) {
      const answer = await fetch(gateway.metrics, { headers: { connection: "close" } });
      await answer.text();
      scrapes.push(answer.status);
      await new Promise((next) => void setTimeout(next, 50));
    }
  })();
  for (let i = 1; i <= 3; i++) {
    const before = load.whole;
    process.kill(gateway.pid, "SIGUSR2");
    await eventually(`restart ${i}`, () => served(gateway).length === i, 30_000);
    await eventually("traffic goes on", () => load.whole > before + 40, 30_000);
  }
  assert.equal(new Set(served(gateway)).size, 3);
  scraping = false;
  await scraper;
  await load.stop();
  assert.deepEqual(load.failures, []);
  assert.deepEqual([...new Set(scrapes)], [200]);
  await stop(gateway);
});

test("a gateway process that is killed is replaced, and new connections wait for it", async () => {
  const worker = await fakeVllm(streaming);
  const file = gatewayFile();
  file.write([worker.url("m")]);
  const gateway = await serveFile(file, ["--supervised"]);
  const killed = await childOf(gateway);
  process.kill(killed, "SIGKILL");
  await eventually("it is gone", async () => (await childOf(gateway)) !== killed);
  const answer = await fetch(`${gateway.data}/v1/models`);
  assert.equal(answer.status, 200);
  await stop(gateway);
});

test("a parent that is killed takes its gateway process along, and running streams are whole", async () => {
  const worker = await fakeVllm(streaming);
  const file = gatewayFile();
  file.write([worker.url("m")]);
  const gateway = await serveFile(file, ["--supervised"]);
  const child = await childOf(gateway);
  const load = steadyLoad({ url: () => gateway.data, clients: 1 });
  await eventually("a stream runs", () => worker.asked("m").length > 0);
  const stopped = load.stop();
  process.kill(gateway.pid, "SIGKILL");
  await stopped;
  assert.deepEqual(load.failures, []);
  await eventually("the gateway process is gone", () => !lives(child));
});

test("a file that the new process cannot serve leaves the old one in service", async () => {
  const worker = await fakeVllm(streaming);
  const file = gatewayFile();
  file.write([worker.url("m")]);
  const gateway = await serveFile(file, ["--supervised"]);
  file.write(["http://127.0.0.1:9"], { model: { name: "m", servedNames: [] } });
  process.kill(gateway.pid, "SIGUSR2");
  await eventually("the refusal", () => gateway.stderr().includes("restart failed (exit code 2)"), 30_000);
  assert.equal((await fetch(`${gateway.data}/ready`)).status, 200);
  await stop(gateway);
});

test("a deployment that starts its workers itself is not handed over", async () => {
  const file = gatewayFile();
  const { writeFileSync } = await import("node:fs");
  writeFileSync(file.path, testDeployment({ replicas: 1 }));
  const gateway = await serveFile(file, ["--supervised"]);
  process.kill(gateway.pid, "SIGUSR2");
  await eventually("the refusal", () => gateway.stderr().includes("restart failed"), 30_000);
  assert.match(gateway.stderr(), /test starts its workers itself.*SWG_HANDOVER_REFUSED/);
  assert.equal((await fetch(`${gateway.data}/ready`)).status, 200);
  await stop(gateway);
});

test("SIGHUP to the parent reloads, with what was opened unchanged", async () => {
  const [one, two] = [await fakeVllm(streaming), await fakeVllm(streaming)];
  const file = gatewayFile();
  file.write([one.url("m")]);
  const gateway = await serveFile(file, ["--supervised"]);
  file.write([two.url("m")]);
  process.kill(gateway.pid, "SIGHUP");
  const load = steadyLoad({ url: () => gateway.data, clients: 1 });
  await eventually("the other worker serves", () => two.asked("m").length > 1);
  await load.stop();
  assert.deepEqual(load.failures, []);
  assert.equal(served(gateway).length, 0);
  await stop(gateway);
});

test("sockets that systemd opened are the ones that are served; what waits in them is answered after a restart", async (context) => {
  // The part of systemd: a process that binds, and hands the descriptors to each gateway it starts.
  const { BoundSocket } = await import("node:net");
  if (BoundSocket === undefined) return context.skip("this Node.js has no net.BoundSocket");
  const worker = await fakeVllm(streaming);
  const file = gatewayFile();
  file.write([worker.url("m")]);
  const bound = [0, 1, 2].map(() => new BoundSocket({ host: "127.0.0.1", port: 0 }));
  const ports = bound.map((one) => Number(one.address().port));
  const main = resolve(import.meta.dirname, "../../src/cli/main.ts");
  const state = mkdtempSync(join(tmpdir(), "switchgear-socket-"));
  const start = () =>
    spawn(process.execPath, [main, "serve", file.path, "--quiet", "--state-directory", state], {
      stdio: ["ignore", "ignore", "inherit", ...bound.map((one) => one.fd())],
      env: { ...process.env, LISTEN_FDS: "3", LISTEN_FDNAMES: "metrics:gateway:admin" },
    });
  const url = `http://127.0.0.1:${ports[1]}`;
  const first = start();
  await eventually("it is open", async () => (await fetch(`${url}/ready`).catch(() => undefined))?.status === 200);
  assert.equal((await fetch(`http://127.0.0.1:${ports[0]}/metrics`)).status, 200);
  assert.equal((await fetch(`http://127.0.0.1:${ports[2]}/openapi.json`)).status, 200);
  first.kill("SIGTERM");
  await once(first, "exit");
  const waiting = connect(ports[1] ?? 0, "127.0.0.1");
  await once(waiting, "connect");
  const asked = fetch(`${url}/v1/models`);
  const second = start();
  assert.equal((await asked).status, 200);
  waiting.destroy();
  second.kill("SIGTERM");
  await once(second, "exit");
  for (const one of bound) one.close();
});

test("LISTEN_FDS for another process is left alone, an unknown name is refused", () => {
  assert.deepEqual(inheritedSockets({}, 7), {});
  assert.deepEqual(inheritedSockets({ LISTEN_FDS: "2", LISTEN_PID: "8" }, 7), {});
  assert.deepEqual(inheritedSockets({ LISTEN_FDS: "2", LISTEN_PID: "7" }, 7), { gateway: 3, admin: 4 });
  assert.deepEqual(inheritedSockets({ LISTEN_FDS: "1", LISTEN_FDNAMES: "admin" }, 7), { admin: 3 });
  assert.deepEqual(inheritedSockets({ LISTEN_FDS: "1", LISTEN_FDNAMES: "sg.socket" }, 7), { gateway: 3 });
  for (const LISTEN_FDNAMES of ["other", "admin:admin"])
    assert.throws(() => inheritedSockets({ LISTEN_FDS: "2", LISTEN_FDNAMES }, 7), { code: "SWG_SOCKETS_INVALID" });
});

function lives(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
