// What the admin API answers about tenants.
import { randomBytes } from "node:crypto";
import { ANONYMOUS, isLive, isTenantName, newApiKey } from "../../admission/index.ts";
import type { Clock } from "../../core/index.ts";
import type { KeyRow } from "../../state/index.ts";
import { AdminProblem, badMember, found } from "../admin/admin-problem.ts";
import type { AdminHandlers } from "../admin/admin-server.ts";
import type { TENANT_ROUTES } from "../admin/tenant-routes.ts";
import { monthOf } from "./month.ts";
import type { Tenants } from "./tenants.ts";

export type TenantHandlers = Pick<AdminHandlers, keyof typeof TENANT_ROUTES>;
type Body = Readonly<Record<string, unknown>>;

const MAX_SECONDS = 10 * 366 * 86_400;
const MAX_ROWS = 100_000;

export function tenantHandlers(parts: Tenants, clock: Clock): TenantHandlers {
  const { store, keys, ledger, keysChanged } = parts;
  async function create(about: Omit<KeyRow, "id" | "hash" | "createdAt" | "revokedAt">) {
    const { key, id, hash } = newApiKey(randomBytes(38));
    const row: KeyRow = { ...about, id, hash, createdAt: clock.epoch(), revokedAt: undefined };
    await save(row);
    return { key, ...shown(row, clock.epoch()) };
  }

  async function save(row: KeyRow): Promise<void> {
    await store.saveKey(row);
    await keysChanged();
  }

  const find = (name: string): KeyRow => found(keys.all, { what: "key", name, nameOf: ({ id }) => id });

  return {
    tenants: () => ({
      tenants: parts.config.tenants.map(({ name, limits }) => ({ name, limits })),
      keys: keys.all.map((one) => shown(one, clock.epoch())),
      isolation: parts.isolation.verdicts,
      ledger: { waiting: ledger.waiting, lost: ledger.lost, store: store.kind },
    }),
    tenantKeyCreate: (_id, body) => {
      const { role = "client" } = body;
      if (role !== "client" && role !== "admin") throw badMember("role", "client or admin", role);
      const seconds = secondsIn(body, "expiresInSeconds");
      const expiresAt = seconds === undefined ? undefined : clock.epoch() + seconds * 1000;
      return create({ tenant: tenantIn(body), role, label: labelIn(body), expiresAt });
    },
    tenantKeyRotate: async (id, body) => {
      const old = find(id);
      if (!isLive(old, clock.epoch())) throw new AdminProblem(409, `the key ${id} is expired or revoked`);
      const { tenant, role, label } = old;
      const overlap = secondsIn(body, "overlapSeconds") ?? 0;
      const seconds = secondsIn(body, "expiresInSeconds");
      // It would end the last admin key by accident.
      if (seconds === 0) throw badMember("expiresInSeconds", "a number above 0", seconds);
      const expiresAt = seconds === undefined ? undefined : clock.epoch() + seconds * 1000;
      const made = await create({ tenant, role, label, expiresAt });
      const ends = Math.min(old.expiresAt ?? Number.POSITIVE_INFINITY, clock.epoch() + overlap * 1000);
      await save({ ...old, expiresAt: ends });
      return { ...made, replaces: id, oldKeyEnds: new Date(ends).toISOString() };
    },
    tenantKeyRevoke: async (id, body) => {
      const old = find(id);
      const others = keys.all.some((one) => one.role === "admin" && one.id !== id && isLive(one, clock.epoch()));
      if (old.role === "admin" && isLive(old, clock.epoch()) && !others && body["force"] !== true)
        throw new AdminProblem(409, `${id} is the last admin key; \`force\` revokes it nevertheless`);
      const row = { ...old, revokedAt: old.revokedAt ?? clock.epoch() };
      await save(row);
      return shown(row, clock.epoch());
    },
    tenantUsage: async (_id, body) => {
      await ledger.flush();
      const from = epochIn(body, "from") ?? 0;
      const to = epochIn(body, "to") ?? Number.MAX_SAFE_INTEGER;
      const limit = Math.min(epochIn(body, "limit") ?? MAX_ROWS, MAX_ROWS);
      const rows = await store.rows({ from, to, after: afterIn(body), tenant: optionalTenant(body), limit });
      const last = rows.length === limit ? rows.at(-1) : undefined;
      return { rows, ...(last && { next: { from: last.at, after: last.id } }) };
    },
    tenantReport: async (_id, body) => {
      await ledger.flush();
      const month = monthOf(body["month"] ?? new Date(clock.epoch()).toISOString().slice(0, 7));
      if (month === undefined) throw badMember("month", "YYYY-MM", body["month"]);
      return { ...month, sums: await store.sums({ ...month, tenant: optionalTenant(body) }) };
    },
  };
}

/** Without its hash: nobody needs it, and it would invite guessing offline. */
function shown({ id, tenant, role, label, createdAt, expiresAt, revokedAt }: KeyRow, now: number) {
  const time = (at: number | undefined) => (at === undefined ? null : new Date(at).toISOString());
  const live = isLive({ id, tenant, role, label, createdAt, expiresAt, revokedAt, hash: "" }, now);
  const state = live ? "live" : revokedAt === undefined ? "expired" : "revoked";
  return {
    id,
    tenant,
    role,
    label,
    state,
    created: time(createdAt),
    expires: time(expiresAt),
    revoked: time(revokedAt),
  };
}

function afterIn({ after }: Body): string | undefined {
  if (after === undefined || typeof after === "string") return after;
  throw badMember("after", "the id of a row", after);
}

function tenantIn({ tenant }: Body): string {
  if (typeof tenant === "string" && isTenantName(tenant)) return tenant;
  throw badMember("tenant", "a name of small letters, digits, `.`, `_` and `-`, at most 63", tenant);
}

function optionalTenant(body: Body): string | undefined {
  const { tenant } = body;
  return tenant === undefined || tenant === ANONYMOUS ? tenant : tenantIn(body);
}

function labelIn({ label = "" }: Body): string {
  if (typeof label === "string" && /^[\x20-\x7e]{0,100}$/.test(label)) return label;
  throw badMember("label", "a text of at most 100 printable characters", label);
}

function secondsIn(body: Body, name: string): number | undefined {
  const value = body[name];
  if (value === undefined) return undefined;
  if (typeof value === "number" && value >= 0 && value <= MAX_SECONDS) return value;
  throw badMember(name, `a number from 0 to ${MAX_SECONDS}`, value);
}

function epochIn(body: Body, name: string): number | undefined {
  const value = body[name];
  if (value === undefined) return undefined;
  if (Number.isSafeInteger(value) && (value as number) >= 0) return value as number;
  throw badMember(name, "a whole number", value);
}
