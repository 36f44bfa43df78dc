// A tenant's limit over three gateways of one cluster, which share a PostgreSQL: together they grant what one would.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { serve, type Running } from "../../../src/app/index.ts";
import { noTenants, readDeploymentText } from "../../../src/config/index.ts";
import { type Clock, realClock } from "../../../src/core/index.ts";
import { silentLog } from "../../../src/telemetry/index.ts";
import { type EtcdCluster, etcdCluster, skip as noEtcd } from "../../cluster/etcd-cluster.ts";
import { temporaryFolder } from "../../core/temporary-folder.ts";
import { call, chat, unary } from "../../gateway/harness.ts";
import { type PostgresServer, postgresPrograms, postgresServer } from "../../state/postgres-server.ts";
import { textOf } from "../gateway-file.ts";
import { fakeVllm } from "../served.ts";

const programs = postgresPrograms();
const skip = programs === undefined ? "no PostgreSQL server (initdb, postgres) on this machine" : noEtcd;
const LIMIT = 40;
/** What a gateway may spend before the others have heard of it: a tenth. */
const SLICE = LIMIT / 10;

let etcd: EtcdCluster | undefined;
let database: PostgresServer | undefined;
before(async () => {
  if (skip !== false) return;
  [etcd, database] = await Promise.all([etcdCluster({ size: 1 }), postgresServer(programs ?? "")]);
  process.env["DATABASE_URL"] = database.url;
});
after(async () => {
  delete process.env["DATABASE_URL"];
  await Promise.all([etcd?.close(), database?.close()]);
});

/** A minute begins with the test: none ends in it. */
function fromFullMinute(): Clock {
  const began = realClock.now();
  return { ...realClock, epoch: () => Date.UTC(2026, 10, 15, 12) + Math.floor(realClock.now() - began) };
}

test(
  "three gateways of a cluster grant a tenant's limit once, and at most a slice more each",
  { skip, timeout: 60_000 },
  async () => {
    const worker = await fakeVllm(unary);
    const clock = fromFullMinute();
    const none = noTenants();
    const tenants = { ...none, defaults: { ...none.defaults, limits: { requestsPerMinute: LIMIT } } };
    const start = (): Promise<Running> => {
      const { deployments } = readDeploymentText({ file: "limits.yaml", text: text(worker.url("m")) });
      return serve({ deployments, tenants: () => tenants, log: silentLog, clock });
    };
    const all = [await start(), await start(), await start()];
    try {
      await Promise.all(all.map((one) => one.ready(5000)));
      const headers = { authorization: `Bearer ${await keyOf(all[0])}` };
      const ports = all.map(({ urls }) => Number(new URL(urls.data).port));
      const granted = [0, 0, 0];
      for (let i = 0; i < 2 * LIMIT; i++) {
        for (const [at, port] of ports.entries()) {
          const { status } = await call({ port }, { body: chat({ model: "m" }), headers });
          // The others look for keys every 0.4 s.
          if (status === 401) continue;
          if (status === 200) granted[at] = (granted[at] ?? 0) + 1;
          else assert.equal(status, 429);
        }
        await new Promise((resolve) => void setTimeout(resolve, 20));
      }
      const total = granted.reduce((sum, one) => sum + one, 0);
      assert.ok(total >= LIMIT && total <= LIMIT + 3 * SLICE, `${granted.join(" + ")} of ${LIMIT}`);
      assert.ok(granted.every((one) => one > 0));
    } finally {
      await Promise.all(all.map((one) => one.stop()));
    }
  },
);

async function keyOf(gateway: Running | undefined): Promise<string> {
  assert.ok(gateway);
  const { urls, adminTokenFile } = gateway;
  const headers = { authorization: `Bearer ${readFileSync(adminTokenFile, "utf8").trim()}` };
  const body = JSON.stringify({ tenant: "alice" });
  const answer = await fetch(`${urls.admin}/admin/v1/tenants/keys`, { method: "POST", headers, body });
  const made = (await answer.json()) as { key?: string };
  assert.ok(made.key, JSON.stringify(made));
  return made.key;
}

function text(url: string): string {
  const anyPort = { host: "127.0.0.1", port: 0 };
  const endpoints = etcd?.endpoints ?? [];
  return textOf([url], {
    gateway: {
      listener: anyPort,
      admin: anyPort,
      stateDirectory: temporaryFolder(),
      cluster: { enabled: true, name: "limits", etcd: { endpoints: [...endpoints] } },
    },
    monitoring: { prometheus: { enabled: false } },
  });
}
