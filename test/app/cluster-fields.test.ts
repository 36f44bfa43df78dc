// `gateway.cluster` and `kvCacheIndex.backend: etcd` in deployment files: three gateways in front of the same workers.
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { etcdClient } from "../../src/cluster/index.ts";
import { type EtcdCluster, etcdCluster, skip } from "../cluster/etcd-cluster.ts";
import { type Partition, partition } from "../cluster/partition.ts";
import { temporaryFolder } from "../core/temporary-folder.ts";
import { type Behaviour, unary } from "../gateway/harness.ts";
import { admin, eventually, prose, workers } from "./api.ts";
import { selfSigned } from "./self-signed.ts";
import { behind, type FakeVllm, fakeVllm, type Served, served } from "./served.ts";

const options = { skip, timeout: 60_000 };
let etcd: EtcdCluster;
let proxy: Partition;
before(async () => {
  if (skip !== false) return;
  etcd = await etcdCluster();
  proxy = await partition(etcd.endpoints);
});
after(async () => {
  proxy?.close();
  await etcd?.close();
});

const joined = (name: string, endpoints: readonly string[] = etcd.endpoints, more = {}) => ({
  gateway: { cluster: { enabled: true, name, etcd: { endpoints: [...endpoints], ...more } } },
});

const connected = (serve: Served, members: number) => serve.log.some((line) => line.includes(`"members":${members},`));

async function three(worker: FakeVllm, name: string, spec = {}): Promise<Served[]> {
  const all = await Promise.all([0, 1, 2].map(() => served(behind(worker, { m: { ...joined(name), ...spec } }, 2))));
  await eventually("all know all", () => all.every((one) => connected(one, 3)));
  return all;
}

test("cluster: a drain and a load at one gateway are known at the others", options, async () => {
  const held: (() => void)[] = [];
  const behave: Behaviour = (request, response) => {
    if (request.body.includes("hold")) held.push(() => unary(request, response));
    else unary(request, response);
  };
  const worker = await fakeVllm(behave);
  const [a, b, c] = (await three(worker, "live", { routing: { algorithm: "least_loaded" } })) as [
    Served,
    Served,
    Served,
  ];
  const holding = a.ask("m", { user: "hold" });
  await eventually("one worker is busy", () => held.length === 1);
  const busy = worker.asked("m").at(-1)?.path.split("/")[2];
  const other = busy === "0" ? "1" : "0";
  // Six requests by gateways that sent nothing themselves: without the others' load half would join the busy one.
  await eventually("the others know", async () =>
    (await Promise.all([b, c].map(inFlight))).every((count) => count === 1),
  );
  for (const gateway of [b, c, b, c, b, c]) {
    assert.equal((await gateway.ask("m")).status, 200);
    await eventually("it is over", async () => (await Promise.all([b, c].map(inFlight))).every((count) => count === 1));
  }
  assert.deepEqual(
    new Set(
      worker
        .asked("m")
        .slice(1)
        .map(({ path }) => path.split("/")[2]),
    ),
    new Set([other]),
  );
  for (const go of held) go();
  assert.equal((await holding).status, 200);
  const [first] = await workers(a);
  await admin(a, `/admin/v1/workers/${first?.id}/drain`, "POST");
  const states = async (state: string) =>
    (await Promise.all([a, b, c].map(async (one) => (await workers(one))[0]?.state))).every((one) => one === state);
  await eventually("all drain it", () => states("draining"), 1000);
  await admin(b, `/admin/v1/workers/${first?.id}/undrain`, "POST");
  await eventually("all use it again", () => states("ready"), 2000);
});

test("cluster: a gateway that starts is warm by what another one knew", options, async () => {
  const worker = await fakeVllm(unary);
  const spec = {
    tokenizer: { source: "builtin" },
    routing: { algorithm: "kv_aware", kvCacheIndex: { backend: "etcd", ttlSeconds: 6 } },
    gateway: { cluster: { name: "warm", etcd: { endpoints: [...etcd.endpoints] } } },
  };
  const document = behind(worker, { m: spec }, 2);
  const messages = [{ role: "user", content: prose(600, "same") }];
  const first = await served(document);
  const cold = await first.ask("m", { messages });
  assert.equal(await predicted(first, cold.headers), 0);
  const client = etcdClient({ endpoints: etcd.endpoints });
  await eventually("a snapshot is there", async () =>
    (await client.list("/warm/index/")).entries.some(({ key }) => key.endsWith("/meta")),
  );
  await client.close();
  const second = await served(document);
  const warm = await second.ask("m", { messages });
  assert.ok((await predicted(second, warm.headers)) > 0);
  assert.ok(
    second.log.some((line) => line.includes("index is warm")),
    second.log.join(""),
  );
});

test("cluster: requests do not notice an etcd that is cut off, and a gateway starts without it", options, async () => {
  const worker = await fakeVllm(unary);
  const spec = {
    ...joined("cut", proxy.endpoints),
    tokenizer: { source: "builtin" },
    routing: { algorithm: "kv_aware", kvCacheIndex: { backend: "etcd" } },
  };
  const running = await served(behind(worker, { m: spec }, 2));
  await eventually("it is in", () => connected(running, 1));
  proxy.cut();
  for (let i = 0; i < 5; i++) assert.equal((await running.ask("m")).status, 200);
  const late = await served(behind(worker, { m: spec }, 2));
  assert.equal((await late.ask("m")).status, 200);
  const alarm = (line: string) => line.includes(`"connected":false`) && line.includes(`"members":1`);
  await eventually("the alarm is there", () => running.log.some(alarm), 10_000);
  proxy.heal();
  await eventually("both are in", () => connected(running, 2) && connected(late, 2), 15_000);
});

test("cluster: an etcd that asks for TLS and a password, in a deployment", options, async () => {
  const folder = temporaryFolder();
  const { certFile, keyFile, cert: ca } = selfSigned(folder, { name: "etcd" });
  const secure = await etcdCluster({
    size: 1,
    scheme: "https",
    flags: ["--cert-file", certFile, "--key-file", keyFile],
  });
  try {
    const [origin = ""] = secure.endpoints;
    const tls = { ca };
    const open = etcdClient({ endpoints: [origin], tls });
    await eventually(
      "it is up",
      () =>
        open.put("/x", "y").then(
          () => true,
          () => false,
        ),
      10_000,
    );
    await open.close();
    await protect(origin, ca);
    writeFileSync(join(folder, "password"), "s3cret-word\n");
    const files = { username: "root", passwordFile: join(folder, "password"), caFile: certFile, certFile, keyFile };
    const worker = await fakeVllm(unary);
    const good = await served(behind(worker, { m: joined("tls", [origin], files) }));
    await eventually("it is in", () => connected(good, 1), 10_000);
    const stranger = etcdClient({ endpoints: [origin], tls });
    await assert.rejects(stranger.get("/x"), { code: "SWG_ETCD_REFUSED" });
    await stranger.close();
    assert.ok(!good.log.some((line) => line.includes("s3cret-word")));
  } finally {
    await secure.close();
  }
});

async function inFlight(serve: Served): Promise<number> {
  const loads = (await workers(serve)).map((one) => Object(one)["loadOfAllGateways"]);
  return loads.reduce((sum, { prefillRequests, decodeRequests }) => sum + prefillRequests + decodeRequests, 0);
}

async function protect(origin: string, ca: string): Promise<void> {
  const { Agent, request } = await import("undici");
  const dispatcher = new Agent({ connect: { ca } });
  const post = async (path: string, body: object) => {
    const answer = await request(origin + path, { method: "POST", dispatcher, body: JSON.stringify(body) });
    assert.equal(answer.statusCode, 200, `${path}: ${await answer.body.text()}`);
  };
  await post("/v3/auth/user/add", { name: "root", password: "s3cret-word" });
  await post("/v3/auth/role/add", { name: "root" });
  await post("/v3/auth/user/grant", { user: "root", role: "root" });
  await post("/v3/auth/enable", {});
  await dispatcher.close();
}

async function predicted(serve: Served, headers: Record<string, unknown>): Promise<number> {
  const { legs } = await admin(serve, `/admin/v1/requests/${String(headers["x-request-id"])}`);
  const [leg] = legs as readonly { predicted: { cachedTokens: number } }[];
  return leg?.predicted.cachedTokens ?? -1;
}
