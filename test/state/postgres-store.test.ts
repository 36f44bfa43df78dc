// PostgreSQL as the store, on a real server: the same contract, several gateways, and a database that goes away.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Client } from "pg";
import { realClock } from "../../src/core/index.ts";
import { ledger, openStore } from "../../src/state/index.ts";
import { silentLog } from "../../src/telemetry/index.ts";
import { eventually } from "../app/api.ts";
import { type PostgresServer, postgresPrograms, postgresServer, unpackedPostgres } from "./postgres-server.ts";
import { storeContract } from "./store-contract.ts";
import { AT, usageRow } from "./usage.ts";

const programs = postgresPrograms();
const skip = programs === undefined ? "no PostgreSQL server (initdb, postgres) on this machine" : false;
const ALL = { from: 0, to: Number.MAX_SAFE_INTEGER };

let server: PostgresServer;
before(async () => {
  if (programs !== undefined) server = await postgresServer(programs);
});
after(() => server?.close());

test("it keeps what SQLite keeps, and two gateways see one store and one secret", { skip }, async () => {
  const [one, two] = await Promise.all([openStore("", server.url), openStore("", server.url)]);
  const version = await two.keysVersion();
  await storeContract(one);
  assert.notEqual(await two.keysVersion(), version);
  assert.deepEqual(await two.secret(), await one.secret());
  await Promise.all([one.close(), two.close()]);
});

test("while the database is away nothing throws and rows wait; none is lost when it is back", { skip }, async () => {
  const store = await openStore("", server.url);
  const book = ledger({ store, clock: realClock, log: silentLog });
  book.add(usageRow("before"));
  await book.flush();
  await server.kill();
  for (let i = 0; i < 20; i++) book.add(usageRow(`during-${i}`));
  await book.flush();
  assert.equal(book.waiting, 20);
  await assert.rejects(store.keys());
  await server.start();
  await eventually("the rows are there", () => book.waiting === 0, 10_000);
  const ids = (await store.rows(ALL)).map(({ id }) => id);
  assert.equal(ids.filter((id) => id.startsWith("during-")).length, 20);
  await book.close();
  await store.close();
});

test(
  "tables of a release before are taken over with their sums; those of a newer one are refused, and left alone",
  { skip },
  async () => {
    const store = await openStore("", server.url);
    const at = AT + 400 * 86_400_000;
    const days = { from: at - 86_400_000, to: at + 1 };
    await store.append([usageRow("was-1", { at }), usageRow("was-2", { at })]);
    await store.close();
    const format = (value: number) => ask(`UPDATE swg_versions SET value = ${value} WHERE name = 'format'`);
    // The days held only what had been forgotten row by row.
    await ask(`DELETE FROM swg_usage_days WHERE day > ${at - 86_400_000}`);
    await format(1);
    const again = await openStore("", server.url);
    assert.equal((await again.sums(days))[0]?.requests, 2);
    await again.close();
    await format(3);
    await assert.rejects(openStore("", server.url), { code: "SWG_STATE_NEWER" });
    await format(2);
  },
);

async function ask(sql: string): Promise<void> {
  const client = new Client({ connectionString: server.url });
  await client.connect();
  await client.query(sql);
  await client.end();
}

test("a database that cannot be reached at the start is named, without its password", { skip }, async () => {
  const closed = "postgres://user:hunter2@127.0.0.1:1/none";
  await assert.rejects(openStore("", closed), (error: Error) => {
    assert.equal(Reflect.get(error, "code"), "SWG_DATABASE_UNREACHABLE");
    return !JSON.stringify([error.message, Reflect.get(error, "details")]).includes("hunter2");
  });
});

const unpacked = unpackedPostgres();

test(
  "a machine without PostgreSQL unpacks one",
  { skip: unpacked === undefined && "the package cannot be fetched here" },
  async () => {
    const own = await postgresServer(unpacked ?? "");
    try {
      const store = await openStore("", own.url);
      assert.deepEqual(await store.keys(), []);
      await store.close();
    } finally {
      await own.close();
    }
  },
);
