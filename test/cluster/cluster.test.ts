// Gateways among each other on a real etcd: members, one leader, shared keys, loads, and what an etcd in trouble does to them.
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, before, test } from "node:test";
import { type Cluster, etcdClient, type LoadRow, startCluster } from "../../src/cluster/index.ts";
import type { LoadRows } from "../../src/cluster/members/load-delta.ts";
import { realClock } from "../../src/core/index.ts";
import { type EtcdCluster, etcdCluster, skip } from "./etcd-cluster.ts";
import { partition } from "./partition.ts";
import { until } from "./until.ts";

const options = { skip, timeout: 60_000 };
let etcd: EtcdCluster;
before(async () => {
  if (skip === false) etcd = await etcdCluster();
});
after(() => etcd?.close());

interface One {
  readonly cluster: Cluster;
  readonly remote: Map<string, LoadRow>;
  load: LoadRows;
  close(): Promise<void>;
}

function join_(id: string, prefix: string, endpoints = etcd.endpoints): One {
  const client = etcdClient({ endpoints, limitMs: 1000 });
  const remote = new Map<string, LoadRow>();
  const one = { load: {} as LoadRows, remote };
  const cluster = startCluster({
    client,
    clock: realClock,
    id,
    prefix,
    ttlSeconds: 1,
    load: () => one.load,
    onRemoteLoad: (worker, row) => void (row === undefined ? remote.delete(worker) : remote.set(worker, row)),
  });
  return Object.assign(one, {
    cluster,
    async close() {
      await cluster.close();
      await client.close();
    },
  });
}

function leaders(all: readonly One[]): string[] {
  return all.filter(({ cluster }) => cluster.leadership.isLeader).map(({ cluster }) => cluster.status().id);
}

test("three gateways know each other, have one leader, and another one when it leaves", options, async () => {
  const all = ["a", "b", "c"].map((id) => join_(id, "/one/"));
  await until(() => all.every(({ cluster }) => cluster.status().members.length === 3));
  await until(() => leaders(all).length === 1);
  const [first] = leaders(all);
  const gone = all.find(({ cluster }) => cluster.status().id === first);
  const before = gone?.cluster.leadership.term ?? 0;
  await gone?.close();
  const rest = all.filter((one) => one !== gone);
  await until(() => leaders(rest).length === 1 && rest.every(({ cluster }) => cluster.status().members.length === 2));
  const next = rest.find(({ cluster }) => cluster.leadership.isLeader);
  assert.ok((next?.cluster.leadership.term ?? 0) > before);
  await Promise.all(rest.map((one) => one.close()));
});

test("loads reach the others as sums, changed and gone with their gateway", options, async () => {
  const [a, b, c] = ["a", "b", "c"].map((id) => join_(id, "/load/")) as [One, One, One];
  a.load = { w0: [1, 2], w1: [3, 4], w2: [0, 0] };
  b.load = { w0: [10, 20], w1: [0, 0], w2: [0, 0] };
  await until(() => c.remote.get("w0")?.join() === "11,22" && c.remote.get("w1")?.join() === "3,4");
  assert.equal(a.remote.get("w0")?.join(), "10,20");
  a.load = { ...a.load, w1: [7, 7] };
  await until(() => c.remote.get("w1")?.join() === "7,7");
  await a.close();
  await until(() => c.remote.get("w0")?.join() === "10,20");
  await Promise.all([b.close(), c.close()]);
});

test("a setting reaches every gateway, and one that starts later, within a second", options, async () => {
  const [a, b] = ["a", "b"].map((id) => join_(id, "/set/")) as [One, One];
  await until(() => a.cluster.status().connected && b.cluster.status().connected);
  a.cluster.shared.set("drain/w0", "5000");
  await until(() => b.cluster.shared.get("drain/w0") === "5000", 1000);
  const c = join_("c", "/set/");
  await until(() => c.cluster.shared.get("drain/w0") === "5000", 2000);
  b.cluster.shared.set("drain/w0", undefined);
  await until(() => a.cluster.shared.get("drain/w0") === undefined, 1000);
  assert.equal(await a.cluster.shared.agree("salt", "one"), "one");
  assert.equal(await b.cluster.shared.agree("salt", "two"), "one");
  await Promise.all([a.close(), b.close(), c.close()]);
});

test("a wiped etcd gets settings, members, a later leader and loads back", options, async () => {
  const [a, b] = ["a", "b"].map((id) => join_(id, "/wipe/")) as [One, One];
  a.load = { w0: [1] };
  await until(() => leaders([a, b]).length === 1 && b.remote.has("w0"));
  const before = Math.max(a.cluster.leadership.term ?? 0, b.cluster.leadership.term ?? 0);
  a.cluster.shared.set("drain/w0", "1");
  await until(() => b.cluster.shared.get("drain/w0") === "1");
  await etcd.wipe();
  const both = [a, b];
  await until(() => leaders(both).length === 1 && both.every(({ cluster }) => cluster.status().connected), 15_000);
  await until(() => both.every(({ cluster }) => cluster.status().members.length === 2) && b.remote.has("w0"), 5000);
  assert.ok(Math.max(a.cluster.leadership.term ?? 0, b.cluster.leadership.term ?? 0) > before);
  assert.deepEqual(
    both.map(({ cluster }) => cluster.shared.get("drain/w0")),
    ["1", "1"],
  );
  const c = join_("c", "/wipe/");
  await until(() => c.cluster.shared.get("drain/w0") === "1");
  await Promise.all([a.close(), b.close(), c.close()]);
});

test("a gateway cut off from etcd forgets the others' loads, leads no more, and heals by itself", options, async () => {
  const proxy = await partition(etcd.endpoints);
  const a = join_("a", "/cut/", proxy.endpoints);
  await until(() => a.cluster.leadership.isLeader);
  const b = join_("b", "/cut/");
  b.load = { w0: [5] };
  await until(() => a.remote.has("w0"));
  proxy.cut();
  await until(() => !a.cluster.leadership.isLeader && !a.remote.has("w0") && !a.cluster.status().connected, 8000);
  await until(() => b.cluster.leadership.isLeader, 8000);
  a.cluster.shared.set("drain/w9", "1");
  assert.equal(a.cluster.shared.get("drain/w9"), "1");
  proxy.heal();
  await until(() => a.cluster.status().connected && a.remote.has("w0"), 10_000);
  await until(() => b.cluster.shared.get("drain/w9") === "1", 5000);
  assert.deepEqual(leaders([a, b]), ["b"]);
  await Promise.all([a.close(), b.close()]);
  proxy.close();
});

test("two leaders never act: a paused one that wakes writes nothing", options, async () => {
  const lines: string[] = [];
  const children = new Map<string, ChildProcess>();
  for (const id of ["a", "b"]) {
    const child = spawn(
      process.execPath,
      [join(import.meta.dirname, "leader-process.ts"), id, etcd.endpoints.join(",")],
      {
        stdio: ["ignore", "pipe", "inherit"],
      },
    );
    children.set(id, child);
    createInterface({ input: child.stdout ?? process.stdin }).on("line", (line) => lines.push(line));
  }
  try {
    for (let round = 0; round < 2; round++) {
      const seen = lines.length;
      await until(() => lines.length > seen + 3, 10_000);
      const paused = lines.at(-1)?.split(" ")[0] ?? "";
      children.get(paused)?.kill("SIGSTOP");
      await until(() => lines.at(-1)?.split(" ")[0] !== paused, 10_000);
      children.get(paused)?.kill("SIGCONT");
      const woken = lines.length;
      await until(() => lines.length > woken + 20, 10_000);
      assert.deepEqual(
        lines.slice(woken).filter((line) => line.startsWith(paused)),
        [],
      );
    }
    const terms = lines.map((line) => Number(line.split(" ")[1]));
    assert.deepEqual(
      terms,
      terms.toSorted((x, y) => x - y),
    );
    assert.equal(new Set(terms).size, new Set(lines).size, "no term has two leaders");
  } finally {
    for (const child of children.values()) {
      child.kill("SIGKILL");
      await once(child, "exit");
    }
  }
});
