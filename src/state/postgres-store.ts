// The store that several gateways share: PostgreSQL.
import { randomBytes } from "node:crypto";
import { SwitchgearError, toError } from "../core/index.ts";
import { Pool } from "pg";
import { keyOf, type Row, sumOf, usageOf, usageValues } from "./table-rows.ts";
import type { TenantStore } from "./tenant-store.ts";

/** The ledger holds rows meanwhile; what waits longer has a database that is down. */
const LIMIT_MS = 3000;
const CONNECTIONS = 4;
/** Sums of all rows of a former release, once. */
const CONVERT_MS = 600_000;
/** Any number that is ours: tables are made by one gateway at a time. */
const LOCK = 7_461_231;
/** A newer release raises it. */
const FORMAT = 2;

const TABLES = `
CREATE TABLE IF NOT EXISTS swg_keys (id text PRIMARY KEY, tenant text NOT NULL, role text NOT NULL, hash text NOT NULL,
  label text NOT NULL, created_at bigint NOT NULL, expires_at bigint, revoked_at bigint);
CREATE TABLE IF NOT EXISTS swg_usage (id text PRIMARY KEY, at bigint NOT NULL, day bigint NOT NULL, tenant text NOT NULL,
  key_id text, model text NOT NULL, input bigint NOT NULL, cached bigint NOT NULL, output bigint NOT NULL,
  cost bigint NOT NULL, outcome text NOT NULL, status integer NOT NULL, latency double precision NOT NULL,
  estimated boolean NOT NULL);
CREATE INDEX IF NOT EXISTS swg_usage_at ON swg_usage (at);
CREATE TABLE IF NOT EXISTS swg_secrets (name text PRIMARY KEY, value bytea NOT NULL);
CREATE TABLE IF NOT EXISTS swg_counts (name text NOT NULL, start bigint NOT NULL, value bigint NOT NULL,
  PRIMARY KEY (name, start));
CREATE TABLE IF NOT EXISTS swg_usage_days (day bigint NOT NULL, tenant text NOT NULL, key_id text NOT NULL, model text NOT NULL,
  requests bigint NOT NULL, input bigint NOT NULL, cached bigint NOT NULL, output bigint NOT NULL, cost bigint NOT NULL,
  PRIMARY KEY (day, tenant, key_id, model));
CREATE TABLE IF NOT EXISTS swg_versions (name text PRIMARY KEY, value bigint NOT NULL);
INSERT INTO swg_versions VALUES ('keys', 1), ('format', ${FORMAT}) ON CONFLICT DO NOTHING;
`;

/** One statement for a batch: a column each as an array; what is new adds to its day. In one order, as COUNT. */
const APPEND = `WITH added AS (INSERT INTO swg_usage SELECT * FROM unnest($1::text[], $2::bigint[], $3::bigint[], $4::text[],
    $5::text[], $6::text[], $7::bigint[], $8::bigint[], $9::bigint[], $10::bigint[], $11::text[], $12::int[], $13::float8[],
    $14::boolean[]) ON CONFLICT DO NOTHING RETURNING *) ${summed("added")}`;

const SUMS = `SELECT day, tenant, nullif(key_id, '') key_id, model, requests, input, cached, output, cost FROM swg_usage_days
  WHERE day >= $1 AND day < $2 AND ($3::text IS NULL OR tenant = $3) ORDER BY day, tenant, key_id, model`;

const FORGET = `WITH gone AS (DELETE FROM swg_usage WHERE id IN (SELECT id FROM swg_usage WHERE at < $1 ORDER BY at, id LIMIT $2)
    RETURNING 1) SELECT count(*) gone FROM gone`;
const FORGET_ROWS = 5000;

// Names in one order: two gateways never wait for each other's rows.
const COUNT = `WITH given AS (SELECT * FROM unnest($1::text[], $2::bigint[], $3::bigint[], $4::bigint[])
    AS given(name, start, by, seed))
  INSERT INTO swg_counts SELECT name, start, by + seed FROM given ORDER BY name, start ON CONFLICT (name, start)
  DO UPDATE SET value = swg_counts.value + (SELECT given.by FROM given WHERE given.name = excluded.name
    AND given.start = excluded.start) RETURNING name, start, value`;

function summed(rows: string): string {
  return `INSERT INTO swg_usage_days AS d SELECT day, tenant, coalesce(key_id, ''), model, count(*), sum(input), sum(cached),
    sum(output), sum(cost) FROM ${rows} GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4
    ON CONFLICT (day, tenant, key_id, model) DO UPDATE SET requests = d.requests + excluded.requests,
    input = d.input + excluded.input, cached = d.cached + excluded.cached, output = d.output + excluded.output,
    cost = d.cost + excluded.cost`;
}

/** Throws SWG_DATABASE_UNREACHABLE when it cannot be used now; later outages fail single calls. */
export async function postgresStore(url: string): Promise<TenantStore> {
  const pool = new Pool({
    connectionString: url,
    max: CONNECTIONS,
    connectionTimeoutMillis: LIMIT_MS,
    query_timeout: LIMIT_MS,
    statement_timeout: LIMIT_MS,
    allowExitOnIdle: true,
  });
  // A connection that breaks while nobody uses it: the next call opens another.
  pool.on("error", () => undefined);
  try {
    await makeTables(pool);
  } catch (thrown) {
    await pool.end();
    if (thrown instanceof SwitchgearError) throw thrown;
    throw new SwitchgearError("SWG_DATABASE_UNREACHABLE", `the database cannot be used: ${toError(thrown).message}`, {
      where: "DATABASE_URL",
      expected: "a PostgreSQL database whose user may create tables",
    });
  }
  return storeOn(pool);
}

async function makeTables(pool: Pool): Promise<void> {
  const client = await pool.connect();
  try {
    await client.query("BEGIN");
    await client.query("SELECT pg_advisory_xact_lock($1)", [LOCK]);
    await client.query(TABLES);
    // Before format 2 the days held only what was no longer there row by row.
    const { rowCount } = await client.query(
      `UPDATE swg_versions SET value = ${FORMAT} WHERE name = 'format' AND value = 1`,
    );
    const conversion = { text: `SET LOCAL statement_timeout = 0; ${summed("swg_usage")}`, query_timeout: CONVERT_MS };
    if (rowCount === 1) await client.query(conversion);
    refuseNewer((await client.query<Row>("SELECT value FROM swg_versions WHERE name = 'format'")).rows[0]);
    await client.query("COMMIT");
  } finally {
    client.release();
  }
}

function refuseNewer(row: Row | undefined): void {
  const found = Number(row?.["value"] ?? FORMAT);
  if (found <= FORMAT) return;
  throw new SwitchgearError("SWG_STATE_NEWER", "the database was written by a newer release", {
    where: "DATABASE_URL",
    value: found,
    expected: `at most ${FORMAT}`,
  });
}

function storeOn(pool: Pool): TenantStore {
  const query = async (sql: string, values: unknown[] = []): Promise<Row[]> =>
    (await pool.query<Row>(sql, values)).rows;
  return {
    kind: "postgres",
    keys: async () => (await query("SELECT * FROM swg_keys ORDER BY created_at, id")).map(keyOf),
    async keysVersion() {
      const [row] = await query("SELECT value FROM swg_versions WHERE name = 'keys'");
      return Number(row?.["value"] ?? 0);
    },
    async saveKey({ id, tenant, role, hash, label, createdAt, expiresAt, revokedAt }) {
      await query(
        `WITH saved AS (INSERT INTO swg_keys VALUES ($1,$2,$3,$4,$5,$6,$7,$8) ON CONFLICT (id) DO UPDATE SET
         expires_at = excluded.expires_at, revoked_at = coalesce(swg_keys.revoked_at, excluded.revoked_at),
         label = excluded.label RETURNING id)
         UPDATE swg_versions SET value = value + 1 WHERE name = 'keys' AND EXISTS (SELECT 1 FROM saved)`,
        [id, tenant, role, hash, label, createdAt, expiresAt ?? null, revokedAt ?? null],
      );
    },
    async secret() {
      await query("INSERT INTO swg_secrets VALUES ('salt', $1) ON CONFLICT DO NOTHING", [randomBytes(32)]);
      const [row] = await query("SELECT value FROM swg_secrets WHERE name = 'salt'");
      return row?.["value"] as Buffer;
    },
    async append(rows) {
      const columns = rows.map((row) => [...usageValues(row), row.estimated]);
      await query(
        APPEND,
        Array.from({ length: 14 }, (_, i) => columns.map((row) => row[i])),
      );
    },
    async rows({ from, to, after = "", tenant = null, limit = null }) {
      const sql = `SELECT * FROM swg_usage WHERE at >= $1 AND at < $2 AND (at > $1 OR id COLLATE "C" > $3)
        AND ($4::text IS NULL OR tenant = $4) ORDER BY at, id COLLATE "C" LIMIT $5`;
      return (await query(sql, [from, to, after, tenant, limit])).map(usageOf);
    },
    sums: async ({ from, to, tenant = null }) => (await query(SUMS, [from, to, tenant])).map(sumOf),
    async count(spent) {
      const columns = [
        spent.map(({ name }) => name),
        spent.map(({ window }) => window),
        spent.map(({ by }) => by),
        spent.map(({ seed = 0 }) => seed),
      ];
      const rows = spent.length === 0 ? [] : await query(COUNT, columns);
      const values = new Map(
        rows.map((row) => [`${String(row["name"])}@${Number(row["start"])}`, Number(row["value"])]),
      );
      return spent.map(({ name, window }) => values.get(`${name}@${window}`) ?? 0);
    },
    async forget({ rowsBefore, sumsBefore, countsBefore }) {
      await query("DELETE FROM swg_usage_days WHERE day < $1", [sumsBefore]);
      await query("DELETE FROM swg_counts WHERE start < $1", [countsBefore]);
      const [row] = await query(FORGET, [rowsBefore, FORGET_ROWS]);
      return Number(row?.["gone"] ?? 0);
    },
    close: () => pool.end(),
  };
}
