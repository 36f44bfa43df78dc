// CPU that tenants cost the gateway's main thread for each request: identify by key, admit by quota, settle.
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import type { IncomingMessage } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { newApiKey } from "../../src/admission/index.ts";
import { openTenants } from "../../src/app/tenants/tenants.ts";
import { noTenants, type TenantConfig } from "../../src/config/index.ts";
import { realClock } from "../../src/core/index.ts";
import { openStore } from "../../src/state/index.ts";
import { silentLog } from "../../src/telemetry/index.ts";

const TENANTS = 1000;
const KEYS_EACH = 10;
const ROUNDS = 9;
const CALLS = 20_000;
const LIMIT_US = 15;

const folder = mkdtempSync(join(tmpdir(), "switchgear-bench-tenants-"));
const keys: string[] = [];
const store = await openStore(join(folder, "tenants.sqlite"), undefined);
for (let i = 0; i < TENANTS * KEYS_EACH; i++) {
  const { key, id, hash } = newApiKey(randomBytes(38));
  const about = { role: "client", label: "", createdAt: i, expiresAt: undefined, revokedAt: undefined } as const;
  await store.saveKey({ id, hash, tenant: `t${i % TENANTS}`, ...about });
  keys.push(key);
}
await store.close();

const none = noTenants();
const rates = {
  requestsPerMinute: 1e9,
  inputTokensPerMinute: 1e12,
  outputTokensPerMinute: 1e12,
  concurrentRequests: 1e5,
};
const budget = { unit: "money", per: "month", amount: 1e9, mode: "hard" } as const;
const list = Array.from({ length: TENANTS }, (_, i): TenantConfig => {
  const limits = { ...rates, budgets: [budget] };
  return { ...none.defaults, name: `t${i}`, limits, keyLimits: rates, models: { m: rates } };
});
const prices = { m: { inputPerMillion: 1, outputPerMillion: 2 } };
const config = { ...none, tenants: list, prices };
const tenants = await openTenants({
  config,
  stateDirectory: folder,
  databaseUrl: undefined,
  clock: realClock,
  log: silentLog,
});
const requests = keys.map((key) => ({
  headers: { authorization: `Bearer ${key}` },
  socket: { remoteAddress: "10.0.0.1" },
}));

let at = 0;
function one(): void {
  at = (at + 7919) % requests.length;
  const who = tenants.tenancy.identify(requests[at] as unknown as IncomingMessage);
  if (who instanceof Promise || who.kind !== "client") throw new Error("not identified");
  const about = { model: "m", names: ["m"], fields: {}, inputTokens: 500, exact: true, maxTokens: 100, n: 1 };
  const grant = tenants.tenancy.admit({ client: who.client, ...about });
  if (!("settle" in grant)) throw new Error("not granted");
  who.client.salt("m", undefined);
  grant.settle({ inputTokens: 500, cachedTokens: 100, outputTokens: 80 });
}

const rounds = Array.from({ length: ROUNDS }, () => {
  const from = process.threadCpuUsage();
  for (let i = 0; i < CALLS; i++) one();
  const { user, system } = process.threadCpuUsage(from);
  return (user + system) / CALLS;
});
const median = rounds.toSorted((a, b) => a - b)[ROUNDS >> 1] ?? Number.NaN;
await tenants.close();
rmSync(folder, { recursive: true });
process.stdout.write(
  `identify, salt, quota of tenant, key and model, settle; ${TENANTS} tenants × ${KEYS_EACH} keys: ${median.toFixed(1)} µs CPU per request (limit ${LIMIT_US})\n`,
);
process.exitCode = median <= LIMIT_US ? 0 : 1;
