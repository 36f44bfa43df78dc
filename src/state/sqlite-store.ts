// The embedded store: one SQLite file in the state directory.
import { randomBytes } from "node:crypto";
import { chmodSync, closeSync, openSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { SwitchgearError, toError } from "../core/index.ts";
import { dayValues, keyOf, sumOf, usageOf, usageValues } from "./table-rows.ts";
import type { TenantStore } from "./tenant-store.ts";

/** Of `PRAGMA user_version`: a newer release raises it, an older one refuses the newer. */
const VERSION = 2;
/** Another gateway process, during a hand-over, may be writing. */
const BUSY_MS = 2000;

// A day is kept with each row, so that a month's sums need no arithmetic on a million rows.
const TABLES = `
CREATE TABLE IF NOT EXISTS keys (id TEXT PRIMARY KEY, tenant TEXT NOT NULL, role TEXT NOT NULL, hash TEXT NOT NULL,
  label TEXT NOT NULL, created_at INTEGER NOT NULL, expires_at INTEGER, revoked_at INTEGER) STRICT;
CREATE TABLE IF NOT EXISTS usage (id TEXT PRIMARY KEY, at INTEGER NOT NULL, day INTEGER NOT NULL, tenant TEXT NOT NULL,
  key_id TEXT, model TEXT NOT NULL, input INTEGER NOT NULL, cached INTEGER NOT NULL, output INTEGER NOT NULL,
  cost INTEGER NOT NULL, outcome TEXT NOT NULL, status INTEGER NOT NULL, latency REAL NOT NULL,
  estimated INTEGER NOT NULL) STRICT;
CREATE INDEX IF NOT EXISTS usage_at ON usage (at);
CREATE TABLE IF NOT EXISTS secrets (name TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS counts (name TEXT NOT NULL, window INTEGER NOT NULL, value INTEGER NOT NULL,
  PRIMARY KEY (name, window)) STRICT;
CREATE TABLE IF NOT EXISTS usage_days (day INTEGER NOT NULL, tenant TEXT NOT NULL, key_id TEXT NOT NULL, model TEXT NOT NULL,
  requests INTEGER NOT NULL, input INTEGER NOT NULL, cached INTEGER NOT NULL, output INTEGER NOT NULL, cost INTEGER NOT NULL,
  PRIMARY KEY (day, tenant, key_id, model)) STRICT;
`;

// A cost beyond 2^53 comes as a float: as a whole number it could not be read.
const SUMS = `SELECT day, tenant, nullif(key_id, '') key_id, model, requests, input, cached, output, CAST(cost AS REAL) cost
  FROM usage_days WHERE day >= ?1 AND day < ?2 AND (?3 IS NULL OR tenant = ?3) ORDER BY day, tenant, key_id, model`;

const SUMMED = `ON CONFLICT DO UPDATE SET requests = requests + excluded.requests, input = input + excluded.input,
  cached = cached + excluded.cached, output = output + excluded.output, cost = cost + excluded.cost`;

// Before version 2 the days held only what was no longer there row by row.
const SUM_ROWS = `INSERT INTO usage_days SELECT day, tenant, coalesce(key_id, ''), model, count(*), sum(input), sum(cached),
  sum(output), sum(cost) FROM usage GROUP BY 1, 2, 3, 4 ${SUMMED}`;

/** Some 5 ms of the event loop. */
const FORGET_ROWS = 1000;

export function sqliteStore(file: string): TenantStore {
  const database = open(file);
  const insert = database.prepare("INSERT OR IGNORE INTO usage VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?)");
  const sum = database.prepare(`INSERT INTO usage_days VALUES (?,?,?,?,1,?,?,?,?) ${SUMMED}`);

  function together<Result>(work: () => Result): Result {
    database.exec("BEGIN IMMEDIATE");
    try {
      const result = work();
      database.exec("COMMIT");
      return result;
    } catch (error) {
      // On a full disk SQLite has rolled back by itself.
      if (database.isTransaction) database.exec("ROLLBACK");
      throw error;
    }
  }

  return {
    kind: "sqlite",
    keys: async () => database.prepare("SELECT * FROM keys ORDER BY created_at, id").all().map(keyOf),
    // Changes with any commit of another connection; changes made here are looked at by who makes them.
    keysVersion: async () => Number(database.prepare("PRAGMA data_version").get()?.["data_version"] ?? 0),
    async saveKey(key) {
      const { id, tenant, role, hash, label, createdAt, expiresAt, revokedAt } = key;
      database
        .prepare(
          `INSERT INTO keys VALUES (?,?,?,?,?,?,?,?) ON CONFLICT DO UPDATE SET expires_at = excluded.expires_at,
          revoked_at = coalesce(revoked_at, excluded.revoked_at), label = excluded.label`,
        )
        .run(id, tenant, role, hash, label, createdAt, expiresAt ?? null, revokedAt ?? null);
    },
    async secret() {
      const kept = database.prepare("SELECT value FROM secrets WHERE name = 'salt'");
      // Only the first start writes: a full disk keeps no later one from serving.
      if (kept.get() === undefined)
        database.prepare("INSERT OR IGNORE INTO secrets VALUES ('salt', ?)").run(randomBytes(32));
      return Buffer.from(kept.get()?.["value"] as Uint8Array);
    },
    async append(rows) {
      together(() => {
        for (const row of rows) {
          const isNew = insert.run(...usageValues(row), row.estimated ? 1 : 0).changes === 1;
          if (isNew) sum.run(...dayValues(row));
        }
      });
    },
    async rows({ from, to, after = "", tenant = null, limit = -1 }) {
      const sql = `SELECT * FROM usage WHERE at >= ?1 AND at < ?2 AND (at > ?1 OR id > ?3) AND (?4 IS NULL OR tenant = ?4)
        ORDER BY at, id LIMIT ?5`;
      return database.prepare(sql).all(from, to, after, tenant, limit).map(usageOf);
    },
    sums: async ({ from, to, tenant = null }) => database.prepare(SUMS).all(from, to, tenant).map(sumOf),
    async count(spent) {
      const add = database.prepare(
        `INSERT INTO counts VALUES (?,?,max(0,?)) ON CONFLICT DO UPDATE SET value = max(0, value + ?) RETURNING value`,
      );
      return together(() =>
        spent.map(({ name, window, by, seed = 0 }) => Number(add.get(name, window, by + seed, by)?.["value"] ?? 0)),
      );
    },
    async forget({ rowsBefore, sumsBefore, countsBefore }) {
      database.prepare("DELETE FROM usage_days WHERE day < ?").run(sumsBefore);
      database.prepare("DELETE FROM counts WHERE window < ?").run(countsBefore);
      return together(() => {
        const some = database.prepare(
          "SELECT max(at) last FROM (SELECT at FROM usage WHERE at < ? ORDER BY at LIMIT ?)",
        );
        const last = some.get(rowsBefore, FORGET_ROWS)?.["last"] ?? null;
        if (last === null) return 0;
        return Number(database.prepare("DELETE FROM usage WHERE at <= ?").run(last).changes);
      });
    },
    async close() {
      if (database.isOpen) database.close();
    },
  };
}

/** Of SQLite's result codes: SQLITE_CORRUPT and SQLITE_NOTADB. */
const DAMAGED: ReadonlySet<unknown> = new Set([11, 26]);

function open(file: string): DatabaseSync {
  try {
    return opened(file);
  } catch (thrown) {
    if (thrown instanceof SwitchgearError) throw thrown;
    const { message } = toError(thrown);
    const isDamaged = DAMAGED.has((thrown as { readonly errcode?: unknown }).errcode);
    throw new SwitchgearError(isDamaged ? "SWG_STATE_DAMAGED" : "SWG_FILE_UNREADABLE", `cannot be used: ${message}`, {
      where: file,
      expected: "a database of tenants on a disk with room to write",
      ...(isDamaged && { hint: "restore it from the backup of the state directory" }),
      cause: thrown,
    });
  }
}

function opened(file: string): DatabaseSync {
  // Made before SQLite makes it: nobody else may ever read it, its journals take over its mode.
  if (file !== ":memory:") {
    closeSync(openSync(file, "a", 0o600));
    chmodSync(file, 0o600);
  }
  const database = new DatabaseSync(file, { timeout: BUSY_MS });
  const found = Number(database.prepare("PRAGMA user_version").get()?.["user_version"] ?? 0);
  if (found > VERSION) {
    database.close();
    throw new SwitchgearError("SWG_STATE_NEWER", `${file} was written by a newer release`, {
      where: file,
      value: found,
      expected: `at most ${VERSION}`,
    });
  }
  // A killed process loses nothing that was committed; a machine that loses power may lose the last commits, never the file.
  database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;");
  if (found < VERSION)
    database.exec(
      `BEGIN IMMEDIATE; ${TABLES} ${found === 1 ? SUM_ROWS : ""}; PRAGMA user_version = ${VERSION}; COMMIT;`,
    );
  return database;
}
