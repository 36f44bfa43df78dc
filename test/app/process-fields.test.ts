// Process-wide fields of a deployment file: where the process listens, what it keeps, what it says.
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { freePorts } from "../../src/app/free-ports.ts";
import { realClock } from "../../src/core/index.ts";
import { temporaryFolder } from "../core/temporary-folder.ts";
import { unary } from "../gateway/harness.ts";
import { admin } from "./api.ts";
import { behind, fakeVllm, type Served, served } from "./served.ts";

/** Of loopback too, but not the default. */
const OTHER_HOST = "127.0.0.2";
const notLinux = process.platform !== "linux" && "only Linux has all of 127.0.0.0/8 on its loopback";

const reachable = (host: string, port: string | number, path: string) =>
  fetch(`http://${host}:${port}${path}`).then(
    ({ status }) => status,
    () => undefined,
  );

test("ports written for gateway, admin API and metrics are where they listen", async () => {
  const worker = await fakeVllm(unary);
  const [data = 0, control = 0, metrics = 0] = await freePorts(3);
  const gateway = { listener: { port: data }, admin: { port: control } };
  await served(behind(worker, { m: { gateway, monitoring: { prometheus: { port: metrics } } } }));
  assert.equal(await reachable("127.0.0.1", data, "/health"), 200);
  assert.equal(await reachable("127.0.0.1", control, "/openapi.json"), 200);
  assert.equal(await reachable("127.0.0.1", metrics, "/metrics"), 200);
});

test(
  "hosts written for gateway, admin API and metrics are where they listen, and nowhere else",
  { skip: notLinux },
  async () => {
    const worker = await fakeVllm(unary);
    const [data = 0, control = 0, metrics = 0] = await freePorts(3);
    const at = (port: number) => ({ host: OTHER_HOST, port });
    const gateway = { listener: at(data), admin: at(control) };
    await served(behind(worker, { m: { gateway, monitoring: { prometheus: at(metrics) } } }));
    for (const [port, path] of [
      [data, "/health"],
      [control, "/openapi.json"],
      [metrics, "/metrics"],
    ] as const) {
      assert.equal(await reachable(OTHER_HOST, port, path), 200);
      assert.equal(await reachable("127.0.0.1", port, path), undefined);
    }
  },
);

test("prometheus.enabled: false opens no port for metrics", async () => {
  const worker = await fakeVllm(unary);
  const [port = 0] = await freePorts(1);
  const serve = await served(behind(worker, { m: { monitoring: { prometheus: { enabled: false, port } } } }));
  assert.equal(serve.metrics, undefined);
  assert.equal(await reachable("127.0.0.1", port, "/metrics"), undefined);
});

test("receipts.header: answers say where they come from only when it is asked for", async () => {
  const worker = await fakeVllm(unary);
  const plain = await served(behind(worker, { m: {} }));
  assert.equal((await plain.ask("m")).headers["x-switchgear-route"], undefined);
  const telling = await served(behind(worker, { m: { gateway: { receipts: { header: true } } } }));
  assert.match(
    String((await telling.ask("m")).headers["x-switchgear-route"]),
    /^worker=m-workers-0; policy=round_robin/,
  );
});

test("receipts.maxEntries: the oldest receipt goes when there is one more", async () => {
  const worker = await fakeVllm(unary);
  const serve = await served(behind(worker, { m: { gateway: { receipts: { maxEntries: 2 } } } }));
  const ids = [await askedId(serve), await askedId(serve), await askedId(serve)];
  assert.deepEqual(await Promise.all(ids.map((id) => hasReceipt(serve, id))), [false, true, true]);
});

test("receipts.retentionSeconds: a receipt goes when it is older", async () => {
  const worker = await fakeVllm(unary);
  let ahead = 0;
  const clock = { ...realClock, now: () => realClock.now() + ahead };
  const serve = await served(behind(worker, { m: { gateway: { receipts: { retentionSeconds: 100 } } } }), { clock });
  const id = await askedId(serve);
  ahead = 90_000;
  assert.ok(await hasReceipt(serve, id));
  ahead = 110_000;
  assert.ok(!(await hasReceipt(serve, id)));
});

test("stateDirectory holds the admin token, which stays the same over a restart", async () => {
  const worker = await fakeVllm(unary);
  const stateDirectory = join(temporaryFolder(), "made", "here");
  const tokens: string[] = [];
  for (let i = 0; i < 2; i++) {
    const serve = await served(behind(worker, { m: { gateway: { stateDirectory } } }));
    assert.ok(existsSync(join(stateDirectory, "admin-token")));
    await admin({ admin: serve.admin, adminTokenFile: join(stateDirectory, "admin-token") }, "/admin/v1/workers");
    tokens.push(readFileSync(join(stateDirectory, "admin-token"), "utf8"));
    await serve.stop();
  }
  assert.equal(tokens[0], tokens[1]);
});

async function askedId(serve: Served): Promise<string> {
  return String((await serve.ask("m")).headers["x-request-id"]);
}

async function hasReceipt(serve: Served, id: string): Promise<boolean> {
  const authorization = `Bearer ${readFileSync(serve.adminTokenFile, "utf8").trim()}`;
  const { status } = await fetch(`${serve.admin}/admin/v1/requests/${id}`, { headers: { authorization } });
  assert.ok(status === 200 || status === 404);
  return status === 200;
}
