// The embedded store: what it keeps, who may read it, and what a kill -9 may cost.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, test } from "node:test";
import type { SwitchgearError } from "../../src/core/index.ts";
import { openStore } from "../../src/state/index.ts";
import { storeContract } from "./store-contract.ts";

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

function file(): string {
  const folder = mkdtempSync(join(tmpdir(), "switchgear-store-"));
  folders.push(folder);
  return join(folder, "tenants.sqlite");
}

test("it keeps keys, rows, counts and a secret, also for who opens it next; nobody else may read it", async () => {
  const path = file();
  const store = await openStore(path, undefined);
  await storeContract(store);
  const secret = await store.secret();
  await store.close();
  assert.equal(statSync(path).mode & 0o777, 0o600);
  const again = await openStore(path, undefined);
  assert.equal((await again.rows({ from: 0, to: Number.MAX_SAFE_INTEGER })).length, 4);
  assert.deepEqual(await again.secret(), secret);
  await again.close();
});

test("a batch of which one row cannot be written leaves nothing behind", async () => {
  const store = await openStore(":memory:", undefined);
  const { usageRow } = await import("./usage.ts");
  await assert.rejects(store.append([usageRow("1"), usageRow("2", { inputTokens: 0.5 })]));
  assert.deepEqual(await store.rows({ from: 0, to: Number.MAX_SAFE_INTEGER }), []);
  await store.close();
});

test("the file of a newer release is refused, and left alone", async () => {
  const path = file();
  const database = new DatabaseSync(path);
  database.exec("PRAGMA user_version = 99");
  database.close();
  await assert.rejects(openStore(path, undefined), { code: "SWG_STATE_NEWER" });
});

test("bug: a month's sums were added up from its rows, seconds of the event loop at each reload; those of before are kept", async () => {
  const path = file();
  const store = await openStore(path, undefined);
  const { usageRow, AT } = await import("./usage.ts");
  await store.append([usageRow("1"), usageRow("2")]);
  await store.close();
  // As a release before left it: the days held only what had been forgotten row by row.
  const database = new DatabaseSync(path);
  database.exec("UPDATE usage_days SET requests = 5; PRAGMA user_version = 1");
  database.close();
  const days = { from: AT - 86_400_000, to: AT + 1 };
  const again = await openStore(path, undefined);
  await again.append([usageRow("2"), usageRow("3")]);
  assert.equal((await again.sums(days))[0]?.requests, 8);
  await again.close();
  const last = await openStore(path, undefined);
  await last.append([usageRow("4")]);
  const rows = new DatabaseSync(path);
  rows.exec("DELETE FROM usage");
  rows.close();
  assert.equal((await last.sums(days))[0]?.requests, 9, "no row is looked at");
  await last.close();
});

test("a process that is killed loses at most the last second, one that stops loses nothing", async () => {
  for (const how of ["SIGKILL", "SIGTERM"] as const) {
    const path = file();
    const child = spawn(process.execPath, [join(import.meta.dirname, "ledger-writer.ts"), path], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    let told = "";
    child.stdout.on("data", (chunk: Buffer) => {
      told += chunk.toString();
      if (how === "SIGKILL" && told.split("\n").length > 1300) child.kill("SIGKILL");
      if (how === "SIGTERM" && told.split("\n").length === 300) child.kill("SIGTERM");
    });
    await once(child, "close");
    const added = told
      .trim()
      .split("\n")
      .map((line) => line.split(" ").map(Number));
    const store = await openStore(path, undefined);
    const kept = new Set((await store.rows({ from: 0, to: Number.MAX_SAFE_INTEGER })).map(({ id }) => Number(id)));
    await store.close();
    const last = added.at(-1)?.[1] ?? 0;
    const promised = how === "SIGTERM" ? added : added.filter(([, at = 0]) => at <= last - 1000);
    assert.ok(promised.length > 100, `${promised.length} rows`);
    for (const [id = -1] of promised) assert.ok(kept.has(id), `${how}: row ${id} of ${added.length}`);
  }
});

test("a file that is no database is told with its path, not as a defect", async () => {
  const path = file();
  writeFileSync(path, "garbage ".repeat(1000));
  await assert.rejects(openStore(path, undefined), (error: SwitchgearError) => {
    assert.equal(error.code, "SWG_STATE_DAMAGED");
    assert.equal(error.details.where, path);
    return true;
  });
});

test("bug: a disk without room was told as a rollback that did not work", async () => {
  const path = file();
  // A process may not write beyond 512 KiB of a file: to SQLite that is a disk which takes no more.
  const command = 'ulimit -f 1024 && exec "$0" "$1" "$2"';
  const script = join(import.meta.dirname, "ledger-filler.ts");
  const child = spawn("sh", ["-c", command, process.execPath, script, path], { stdio: ["ignore", "pipe", "inherit"] });
  let told = "";
  child.stdout.on("data", (chunk: Buffer) => (told += chunk.toString()));
  await once(child, "close");
  assert.match(told, /disk/);
  assert.doesNotMatch(told, /rollback/);
});
