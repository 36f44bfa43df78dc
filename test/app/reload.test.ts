// Reloading the deployment file of a running gateway: nothing fails, a broken file changes nothing, all or nothing.
import assert from "node:assert/strict";
import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { realClock } from "../../src/core/index.ts";
import { watchFiles } from "../../src/app/index.ts";
import { temporaryFolder } from "../core/temporary-folder.ts";
import type { GatewayProcess } from "../packaging/gateway-process.ts";
import { admin, eventually, workers } from "./api.ts";
import { gatewayFile, serveFile, textOf } from "./gateway-file.ts";
import { steppingPlan } from "./migration/plan-text.ts";
import { fakeVllm } from "./served.ts";
import { steadyLoad, streaming } from "./steady-load.ts";

interface Reload {
  readonly result: string;
  readonly reason?: string;
  readonly changed: readonly string[];
}

const reload = async (gateway: GatewayProcess) =>
  (await admin(gateway, "/admin/v1/reload", "POST")) as unknown as Reload;
const lastReload = async (gateway: GatewayProcess) =>
  (await admin(gateway, "/admin/v1/config"))["reload"] as Reload | undefined;

async function stop(gateway: GatewayProcess): Promise<void> {
  process.kill(gateway.pid, "SIGTERM");
  assert.equal(await gateway.ended, 0, gateway.stderr());
}

test("200 streams run while the file is reloaded 20 times, workers change with it, and none fails", async () => {
  const [one, two] = [await fakeVllm(streaming), await fakeVllm(streaming)];
  const file = gatewayFile();
  file.write([one.url("m")]);
  const gateway = await serveFile(file);
  const load = steadyLoad({ url: () => gateway.data, clients: 200 });
  await eventually("200 streams run", () => load.running === 200 && load.whole > 200);
  for (let i = 1; i <= 20; i++) {
    const limits = { limits: { totalTimeoutMs: 60_000 + i } };
    file.write(i % 2 === 1 ? [two.url("m"), one.url("m", 1)] : [one.url("m")], { gateway: limits });
    // The watch on the file may have been first.
    assert.match((await reload(gateway)).result, /^(applied|unchanged)$/);
    if (i % 5 === 0) await eventually("traffic goes on", () => load.running === 200);
  }
  const page = await (await fetch(gateway.metrics)).text();
  assert.ok(Number(/reloads_total\{result="applied"\} (\d+)/.exec(page)?.[1]) >= 20, "each change was applied");
  const before = two.asked("m").length;
  await load.stop();
  assert.deepEqual(load.failures, []);
  assert.ok(before > 0, "the worker that was added has served");
  await eventually("workers that were taken out have left", async () => (await workers(gateway)).length === 1);
  assert.deepEqual(
    (await workers(gateway)).map(({ url }) => url),
    [one.url("m")],
  );
  await stop(gateway);
});

test("a broken file, by signal, by file change and by request, changes nothing and says why", async () => {
  const worker = await fakeVllm(streaming);
  const file = gatewayFile();
  file.write([worker.url("m")]);
  const gateway = await serveFile(file);
  const before = (await admin(gateway, "/admin/v1/config"))["deployments"];
  writeFileSync(file.path, "apiVersion: [");
  await eventually("the change was noticed", async () => (await lastReload(gateway))?.result === "rejected");
  process.kill(gateway.pid, "SIGHUP");
  file.write([worker.url("m")], { routing: { algorithm: "best" } });
  const last = await reload(gateway);
  assert.equal(last.result, "rejected");
  assert.match(last.reason ?? "", /gateway\.yaml:\d+:\d+: error: spec\.routing\.algorithm/);
  assert.deepEqual((await admin(gateway, "/admin/v1/config"))["deployments"], before);
  const page = await (await fetch(gateway.metrics)).text();
  assert.match(page, /^switchgear_config_reloads_total\{result="rejected"\} [1-9]/m);
  assert.match(page, /^switchgear_config_current 0$/m);
  const load = steadyLoad({ url: () => gateway.data, clients: 2 });
  await eventually("it serves", () => load.whole > 2);
  await load.stop();
  assert.deepEqual(load.failures, []);
  await stop(gateway);
});

test("what only a restart can change is refused by name, together with all that came with it", async () => {
  const worker = await fakeVllm(streaming);
  const file = gatewayFile();
  file.write([worker.url("m")]);
  const gateway = await serveFile(file);
  file.write([worker.url("m"), worker.url("m", 1)], { gateway: { receipts: { maxEntries: 5 } } });
  const { result, reason = "" } = await reload(gateway);
  assert.equal(result, "rejected");
  assert.match(reason, /needs a restart: m: spec\.gateway\.receipts\.maxEntries/);
  assert.equal((await workers(gateway)).length, 1);
  await stop(gateway);
});

test("names, limits and keys of clients are in force after SIGHUP", async () => {
  const worker = await fakeVllm(streaming);
  const file = gatewayFile();
  file.write([worker.url("m")]);
  const gateway = await serveFile(file);
  const keys = join(file.folder, "keys");
  writeFileSync(keys, "sk-one\n");
  const servedNames = ["m", "other"];
  const gatewaySettings = { limits: { bodyBytes: 1024 }, apiKeys: { files: [keys] } };
  file.write([worker.url("m")], { model: { name: "m", servedNames }, gateway: gatewaySettings });
  process.kill(gateway.pid, "SIGHUP");
  await eventually("it is applied", async () => (await lastReload(gateway))?.result === "applied");
  const ask = (headers: Record<string, string>, more = "") =>
    fetch(`${gateway.data}/v1/chat/completions`, {
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body: JSON.stringify({ model: "other", stream: true, messages: [{ role: "user", content: `hi${more}` }] }),
    });
  assert.equal((await ask({})).status, 401);
  const answer = await ask({ authorization: "Bearer sk-one" });
  assert.equal(answer.status, 200);
  assert.match(await answer.text(), /\[DONE\]/);
  assert.equal((await ask({ authorization: "Bearer sk-one" }, "x".repeat(2000))).status, 413);
  await stop(gateway);
});

test("a reload that takes every key away is refused: the port would be open to everyone", async () => {
  const worker = await fakeVllm(streaming);
  const file = gatewayFile();
  const [one, two] = ["one", "two"].map((name) => join(file.folder, name));
  assert.ok(one && two);
  for (const path of [one, two]) writeFileSync(path, "sk-key\n");
  file.write([worker.url("m")], { gateway: { apiKeys: { files: [one] } } });
  const gateway = await serveFile(file);
  file.write([worker.url("m")]);
  const refused = await reload(gateway);
  assert.equal(refused.result, "rejected");
  assert.match(refused.reason ?? "", /without any key the port is open to everyone; where: spec\.gateway\.apiKeys/);
  assert.equal((await fetch(`${gateway.data}/v1/models`)).status, 401);
  file.write([worker.url("m")], { gateway: { apiKeys: { files: [two] } } });
  assert.match((await reload(gateway)).result, /^(applied|unchanged)$/);
  await stop(gateway);
});

test("a migration plan that is added to a running gateway is refused, not left aside", async () => {
  const worker = await fakeVllm(streaming);
  const file = gatewayFile();
  file.write([worker.url("m")]);
  const gateway = await serveFile(file);
  file.write([worker.url("m")], {}, steppingPlan(worker.url("m"), [1]));
  const { result, reason = "" } = await reload(gateway);
  assert.equal(result, "rejected");
  assert.match(reason, /needs a restart: migration plan move; where: .*gateway\.yaml:\d+/);
  await stop(gateway);
});

test("settings of traces need a restart, and the refusal says so", async () => {
  const worker = await fakeVllm(streaming);
  const file = gatewayFile();
  file.write([worker.url("m")]);
  const gateway = await serveFile(file);
  file.write([worker.url("m")], { monitoring: { tracing: { enabled: true, endpoint: "http://127.0.0.1:4317" } } });
  const { result, reason = "" } = await reload(gateway);
  assert.equal(result, "rejected");
  assert.match(reason, /needs a restart: .*m: spec\.monitoring\.tracing\.enabled/);
  await stop(gateway);
});

test("a file renamed over the old one and a swapped folder link, as Kubernetes mounts have, are noticed", async () => {
  const folder = temporaryFolder();
  const file = join(folder, "a.yaml");
  let changes = 0;
  for (const version of ["1", "2"]) {
    mkdirSync(join(folder, version));
    writeFileSync(
      join(folder, version, "a.yaml"),
      textOf(["http://127.0.0.1:1"], { gateway: { limits: { retries: Number(version) } } }),
    );
  }
  symlinkSync("1", join(folder, "..data"));
  symlinkSync("..data/a.yaml", file);
  const watched = watchFiles({ paths: [file], clock: realClock, onChange: () => void (changes += 1) });
  symlinkSync("2", join(folder, "..tmp"));
  renameSync(join(folder, "..tmp"), join(folder, "..data"));
  await eventually("the swapped link", () => changes === 1, 2000);
  rmSync(file);
  writeFileSync(join(folder, "new"), textOf(["http://127.0.0.1:2"]));
  renameSync(join(folder, "new"), file);
  await eventually("the renamed file", () => changes === 2, 2000);
  watched.close();
});
