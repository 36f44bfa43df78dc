// The state directory: its format, its permissions, its backup; and files of another apiVersion.
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { readDeploymentText, renderDiagnostic } from "../../src/config/index.ts";
import { serve } from "../../src/app/index.ts";
import { silentLog } from "../../src/telemetry/index.ts";
import { VERSION } from "../../src/version.ts";
import { temporaryFolder } from "../core/temporary-folder.ts";
import { admin } from "./api.ts";
import { gatewayFile, serveFile, textOf } from "./gateway-file.ts";
import { fakeVllm } from "./served.ts";
import { streaming } from "./steady-load.ts";

const modeOf = (path: string): number => statSync(path).mode & 0o777;

test("a folder of a newer format is refused with both versions named, and nothing in it is touched", async () => {
  const folder = temporaryFolder();
  const format = '{"format":7,"writtenBy":"9.8.7"}';
  writeFileSync(join(folder, "format.json"), format);
  const starting = startIn(folder);
  await assert.rejects(starting, ({ code, message }: Error & { code: string }) => {
    assert.equal(code, "SWG_STATE_NEWER");
    assert.match(
      message,
      new RegExp(`format 7, written by switchgear 9\\.8\\.7; this is switchgear ${VERSION}.*up to 1`),
    );
    return true;
  });
  assert.deepEqual(readdirSync(folder), ["format.json"]);
  assert.equal(readFileSync(join(folder, "format.json"), "utf8"), format);
});

test("bug: a state directory that cannot be made kept serve waiting for ever", () => {
  const file = gatewayFile();
  file.write(["http://127.0.0.1:1"]);
  const argv = [
    join(import.meta.dirname, "../../src/cli/main.ts"),
    "serve",
    file.path,
    "--state-directory",
    "/proc/switchgear/state",
  ];
  const { status, stderr } = spawnSync(process.execPath, argv, { encoding: "utf8", timeout: 10_000 });
  assert.equal(status, 2, stderr);
  assert.match(
    stderr,
    /the state directory \/proc\/switchgear\/state cannot be used: [^]*SWG_FILE_UNREADABLE[^]*--state-directory/,
  );
});

test("a format file that tells nothing is refused, a folder without one is taken as the first format", async () => {
  for (const text of ["", "[]", '{"format":"1"}', '{"format":0}']) {
    const folder = temporaryFolder();
    writeFileSync(join(folder, "format.json"), text);
    await assert.rejects(startIn(folder), { code: "SWG_STATE_DAMAGED" });
  }
  const old = temporaryFolder();
  writeFileSync(join(old, "admin-token"), `${"t".repeat(40)}\n`);
  const running = await startIn(old);
  assert.equal(readFileSync(join(old, "admin-token"), "utf8").trim(), "t".repeat(40));
  assert.deepEqual(JSON.parse(readFileSync(join(old, "format.json"), "utf8")), { format: 1, writtenBy: VERSION });
  await running.stop();
});

test("a backup made with tar while the gateway runs starts elsewhere, with the same token and its permissions", async () => {
  const worker = await fakeVllm(streaming);
  const file = gatewayFile();
  file.write([worker.url("m")]);
  const first = await serveFile(file);
  const state = dirname(first.adminTokenFile);
  const archive = join(file.folder, "state.tgz");
  execFileSync("tar", ["--exclude=./run", "-C", state, "-czf", archive, "."]);
  process.kill(first.pid, "SIGTERM");
  await first.ended;
  const restored = join(file.folder, "restored");
  mkdirSync(restored, { mode: 0o700 });
  execFileSync("tar", ["-xzpf", archive, "-C", restored]);
  const second = await serveFile(file, ["--state-directory", restored]);
  assert.equal(readFileSync(second.adminTokenFile, "utf8"), readFileSync(first.adminTokenFile, "utf8"));
  await admin({ admin: second.admin, adminTokenFile: first.adminTokenFile }, "/admin/v1/workers");
  assert.equal(dirname(second.adminTokenFile), restored);
  process.kill(second.pid, "SIGTERM");
  await second.ended;
  assert.deepEqual([modeOf(restored), modeOf(join(restored, "admin-token"))], [0o700, 0o600]);
});

test("a folder that is made is for its owner only, and so is a token that a copy had opened to others", async () => {
  const folder = join(temporaryFolder(), "made");
  const first = await startIn(folder);
  await first.stop();
  assert.equal(modeOf(folder), 0o700);
  execFileSync("chmod", ["644", join(folder, "admin-token")]);
  const second = await startIn(folder);
  await second.stop();
  assert.deepEqual(
    ["admin-token", "format.json"].map((name) => modeOf(join(folder, name))),
    [0o600, 0o600],
  );
});

test("a newer apiVersion is refused with the one that this release reads", () => {
  const text = textOf(["http://127.0.0.1:9"]).replace("llm-d.nvidia.com/v1", "llm-d.nvidia.com/v2");
  const { deployments, diagnostics } = readDeploymentText({ file: "new.yaml", text });
  assert.deepEqual(deployments, []);
  const shown = diagnostics.map(renderDiagnostic).join("\n");
  assert.match(shown, /apiVersion.*expected .*llm-d\.nvidia\.com\/v1.*found "?llm-d\.nvidia\.com\/v2/);
});

async function startIn(stateDirectory: string) {
  const anyPort = { host: "127.0.0.1", port: 0 };
  const gateway = { stateDirectory, listener: anyPort, admin: anyPort };
  const text = textOf(["http://127.0.0.1:9"], { gateway, monitoring: { prometheus: anyPort } });
  return serve({ deployments: readDeploymentText({ file: "state.yaml", text }).deployments, log: silentLog });
}
