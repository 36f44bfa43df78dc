// What a restart remembers of the shadow phase: looks are not given twice, counts and spending go on.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { addCounts, NO_COUNTS, readShadowMemory, writeShadowMemory } from "../../../src/app/migration/shadow-memory.ts";
import { migrating } from "./migrating.ts";

const folder = mkdtempSync(join(tmpdir(), "switchgear-memory-"));
after(() => rmSync(folder, { recursive: true }));

test("written and read back, readable by the owner only; a torn file is none", () => {
  const file = join(folder, "shadow.json");
  assert.equal(readShadowMemory(file).looks, 0);
  const memory = { startedAt: 5, looks: 2, primaries: 10, lost: 1, counts: { ...NO_COUNTS, sent: 7 } };
  writeShadowMemory(file, memory);
  assert.deepEqual(readShadowMemory(file), memory);
  assert.equal(statSync(file).mode & 0o777, 0o600);
  writeFileSync(file, '{"looks": 3, "coun');
  assert.equal(readShadowMemory(file).looks, 0);
});

test("counts add up, the fraction by sessions, spending within its day", () => {
  const day = "2026-11-23";
  const before = {
    ...NO_COUNTS,
    sent: 5,
    dropped: { brake: 1 },
    eligibleSessions: 10,
    sampledSessions: 5,
    fraction: 0.5,
  };
  const spent = { bytes: 1, tokens: 1, cost: 0, day };
  const now = {
    ...before,
    dropped: { size: 2 },
    fraction: 0.1,
    eligibleSessions: 30,
    inflight: 1,
    brake: undefined,
    spent,
  };
  const sum = addCounts({ ...before, spent }, now);
  assert.equal(sum.sent, 10);
  assert.deepEqual(sum.dropped, { brake: 1, size: 2 });
  assert.equal(sum.eligibleSessions, 40);
  assert.ok(Math.abs(sum.fraction - 0.2) < 1e-12);
  assert.equal(sum.spent.bytes, 2);
  assert.equal(addCounts({ ...before, spent: { ...spent, day: "2026-11-22" } }, now).spent.bytes, 1);
});

test("a gateway that comes back goes on with the looks and counts that it had", async () => {
  const spec = {
    schedule: { checkIntervalSeconds: 0.05, minRequests: 0, noDataGraceSeconds: 3600 },
    shadow: { enabled: true, fraction: 1, coldStartSeconds: 0, verdictAfterSeconds: 0.2, brakeLoopLagMs: 60_000 },
  };
  const first = await migrating({ spec });
  await first.command("start");
  await first.until(({ shadow }) => shadow?.running === true);
  for (let i = 0; i < 5; i++) await first.ask(`u${i}`);
  await first.until(({ plan, shadow }) => plan.verdict !== undefined && (shadow?.pairs ?? 0) >= 4);
  const sent = (await first.status()).shadow?.sent ?? 0;
  await first.stop();
  const looked = readShadowMemory(join(first.folder, "shadow.json"));
  assert.ok(looked.looks >= 1);
  const again = await migrating({ spec, folder: join(first.folder, "..", "..") });
  const { shadow } = await again.until((now) => now.shadow?.running === true);
  assert.ok((shadow?.sent ?? 0) >= sent, `${shadow?.sent} of ${sent}`);
  await again.stop();
  assert.ok(readShadowMemory(join(first.folder, "shadow.json")).looks >= looked.looks);
});
