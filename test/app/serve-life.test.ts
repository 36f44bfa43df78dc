// The life of a serve process: drains on SIGTERM, leaves no orphan when killed, refuses what it cannot run.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { startServe } from "../../bench/lib/serve-process.ts";
import { closeAfterTest } from "../core/closing.ts";
import { startGatewayProcess } from "../packaging/gateway-process.ts";
import { eventually, workers } from "./api.ts";
import { testDeployment } from "./deployment.ts";

const MAIN = join(import.meta.dirname, "..", "..", "src", "cli", "main.ts");
const folder = mkdtempSync(join(tmpdir(), "switchgear-serve-"));

function runServe(args: readonly string[]): { status: number | null; stderr: string } {
  return spawnSync(process.execPath, [MAIN, "serve", ...args, "--state-directory", folder], {
    encoding: "utf8",
    timeout: 20_000,
  });
}

test("SIGTERM lets a running stream finish, then everything ends with exit code 0", async () => {
  // 200 tokens at real speed take about two seconds.
  const serve = await startServe(testDeployment({ replicas: 1, speed: 1 }));
  const response = await fetch(`${serve.data}/v1/completions`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ model: "m", prompt: "hello", max_tokens: 100, ignore_eos: true, stream: true }),
  });
  const stopped = serve.stop();
  const text = await response.text();
  assert.equal(text.match(/"text":/g)?.length, 100);
  assert.ok(text.trimEnd().endsWith("data: [DONE]"));
  assert.equal(await stopped, 0);
});

test("kill -9 of the gateway leaves no worker process behind", async () => {
  const serve = await startServe(testDeployment());
  const urls = (await workers(serve)).map((one) => one.url);
  process.kill(serve.pid, "SIGKILL");
  await eventually("the engines are gone", async () => {
    const answers = await Promise.all(urls.map((url) => fetch(`${url}/health`).catch(() => undefined)));
    return answers.every((one) => one === undefined);
  });
  await serve.stop();
});

test("bug: sockets of workers stayed in the state directory after a clean stop", async () => {
  const file = join(folder, "sockets.yaml");
  writeFileSync(file, testDeployment({ replicas: 1 }));
  const gateway = await startGatewayProcess({ argv: [process.execPath, MAIN, "serve", file], cwd: folder });
  closeAfterTest(() => gateway.kill());
  const sockets = join(dirname(gateway.adminTokenFile), "run");
  assert.ok(readdirSync(sockets).length > 0);
  process.kill(gateway.pid, "SIGTERM");
  assert.equal(await gateway.ended, 0, gateway.stderr());
  assert.ok(!existsSync(sockets));
});

test("a taken port is named, with what wants it", async (t) => {
  const other = createServer();
  t.after(() => void other.close());
  await new Promise<void>((resolve) => void other.listen(0, "127.0.0.1", resolve));
  const { port } = other.address() as AddressInfo;
  const file = join(folder, "taken.yaml");
  writeFileSync(file, testDeployment({ replicas: 1 }));
  const { status, stderr } = runServe([file, "--port", String(port), "--admin-port", "0", "--metrics-port", "0"]);
  assert.equal(status, 2);
  assert.match(stderr, new RegExp(`port ${port} for the gateway .* is taken by another process`));
});

test("a missing file is a clear error", () => {
  const { status, stderr } = runServe([join(folder, "nothing.yaml")]);
  assert.equal(status, 2);
  assert.match(stderr, /nothing\.yaml/);
});
