// Two gateways on one PostgreSQL: a key made, rotated or revoked at one is so at the other; both have one salt and one ledger.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { type ServeProcess, startServe } from "../../../bench/lib/serve-process.ts";
import { keyTable } from "../../../src/admission/index.ts";
import { followKeys } from "../../../src/app/tenants/follow-keys.ts";
import { virtualClock } from "../../../src/core/virtual-clock.ts";
import type { KeyRow } from "../../../src/state/index.ts";
import { silentLog } from "../../../src/telemetry/index.ts";
import { type PostgresServer, postgresPrograms, postgresServer } from "../../state/postgres-server.ts";
import { eventually, prose } from "../api.ts";
import { testDeployment } from "../deployment.ts";

const programs = postgresPrograms();
const skip = programs === undefined ? "no PostgreSQL server (initdb, postgres) on this machine" : false;

const TENANTS = `---
apiVersion: llm-d.nvidia.com/v1
kind: Tenants
metadata: { name: t }
spec:
  tenants: [{ name: burst, limits: { inputTokensPerMinute: 20000 } }]
`;

let database: PostgresServer | undefined;
const gateways: ServeProcess[] = [];
before(async () => {
  if (programs === undefined) return;
  database = await postgresServer(programs);
  const env = { DATABASE_URL: database.url };
  const onLog = () => undefined;
  for (const _ of ["one", "two"]) gateways.push(await startServe(testDeployment() + TENANTS, { env, onLog }));
});
after(async () => {
  await Promise.all(gateways.map((one) => one.stop()));
  await database?.close();
});

function gateway(at: number): ServeProcess {
  const found = gateways[at];
  assert.ok(found !== undefined);
  return found;
}

async function post(at: number, path: string, body: object): Promise<Record<string, unknown>> {
  const { admin, adminTokenFile } = gateway(at);
  const authorization = `Bearer ${readFileSync(adminTokenFile, "utf8").trim()}`;
  const headers = { authorization, "content-type": "application/json" };
  const response = await fetch(`${admin}${path}`, { method: "POST", headers, body: JSON.stringify(body) });
  assert.equal(response.status, 200);
  return (await response.json()) as Record<string, unknown>;
}

async function status(at: number, key: string, content = "hi"): Promise<number> {
  const headers = { "content-type": "application/json", authorization: `Bearer ${key}` };
  const body = JSON.stringify({ model: "m", max_tokens: 1, messages: [{ role: "user", content }] });
  const response = await fetch(`${gateway(at).data}/v1/chat/completions`, { method: "POST", headers, body });
  await response.text();
  return response.status;
}

const idOf = (key: string): string => key.split("_")[1] ?? "";
const becomes = (at: number, key: string, wanted: number) =>
  eventually(`gateway ${at} answers ${wanted}`, async () => (await status(at, key)) === wanted, 2000);

test("a key made, rotated or revoked at one gateway is so at the other, which was told nothing", { skip }, async () => {
  const key = String((await post(0, "/admin/v1/tenants/keys", { tenant: "alice" }))["key"]);
  await becomes(1, key, 200);
  const next = String((await post(1, `/admin/v1/tenants/keys/${idOf(key)}/rotate`, {}))["key"]);
  await becomes(0, next, 200);
  await becomes(0, key, 401);
  await post(1, `/admin/v1/tenants/keys/${idOf(next)}/revoke`, {});
  await becomes(1, next, 401);
  await becomes(0, next, 401);
  await eventually("each gateway has the other's rows", async () => {
    const [mine, theirs] = await Promise.all(
      [0, 1].map(async (at) => (await post(at, "/admin/v1/tenants/usage", { tenant: "alice" }))["rows"] as object[]),
    );
    return mine !== undefined && mine.length >= 2 && mine.length === theirs?.length;
  });
});

test(
  "bug: a burst of requests well within a shared limit was refused, as the others had not been asked yet",
  { skip },
  async () => {
    const key = String((await post(0, "/admin/v1/tenants/keys", { tenant: "burst" }))["key"]);
    await becomes(1, key, 200);
    const burst = Array.from({ length: 8 }, (_, i) => status(i % 2, key, prose(300, `burst${i}`)));
    assert.deepEqual(new Set(await Promise.all(burst)), new Set([200]));
  },
);

test("a revocation elsewhere counts after less than a second, also when one look at the database fails", async () => {
  const clock = virtualClock();
  const keys = keyTable();
  const row: KeyRow = {
    id: "0123456789ab",
    tenant: "a",
    role: "client",
    hash: "00",
    label: "",
    createdAt: 0,
    expiresAt: undefined,
    revokedAt: undefined,
  };
  const state = { rows: [row], version: 1, failures: 1 };
  const store = {
    keys: async () => state.rows,
    async keysVersion() {
      if (state.version > 1 && state.failures-- > 0) throw new Error("down");
      return state.version;
    },
  };
  const follow = await followKeys({ store, keys, clock, log: silentLog });
  state.rows = [{ ...row, revokedAt: 1 }];
  state.version = 2;
  for (let ms = 0; ms < 1000; ms += 50) {
    clock.advance(50);
    await new Promise((resolve) => void setImmediate(resolve));
  }
  assert.equal(keys.all[0]?.revokedAt, 1);
  follow.close();
});

test("bug: a look at the keys that began before a revocation, and ended after it, brought the key back", async () => {
  const clock = virtualClock();
  const keys = keyTable();
  const about = { id: "0123456789ab", tenant: "a", role: "client", hash: "00", label: "" } as const;
  const row: KeyRow = { ...about, createdAt: 0, expiresAt: undefined, revokedAt: undefined };
  const state = { rows: [row], version: 1 };
  const slow: (() => void)[] = [];
  const store = {
    async keys() {
      const { rows } = state;
      if (state.version === 2) await new Promise<void>((resolve) => void slow.push(resolve));
      return rows;
    },
    keysVersion: async () => state.version,
  };
  const follow = await followKeys({ store, keys, clock, log: silentLog });
  state.version = 2;
  clock.advance(400);
  while (slow.length === 0) await new Promise((resolve) => void setImmediate(resolve));
  Object.assign(state, { rows: [{ ...row, revokedAt: 1 }], version: 3 });
  const told = follow.look();
  // As far as the second look gets by itself.
  for (let i = 0; i < 20; i++) await new Promise((resolve) => void setImmediate(resolve));
  for (const go of slow) go();
  await told;
  for (let i = 0; i < 20; i++) await new Promise((resolve) => void setImmediate(resolve));
  assert.equal(keys.all[0]?.revokedAt, 1);
  follow.close();
});

test("bug: while the database was away no reload was taken, whatever it was about", { skip }, async () => {
  const key = String((await post(0, "/admin/v1/tenants/keys", { tenant: "alice" }))["key"]);
  await database?.kill();
  try {
    assert.equal((await post(0, "/admin/v1/reload", {}))["result"], "unchanged");
    assert.equal(await status(0, key), 200);
  } finally {
    await database?.start();
  }
});
