// Limits over several gateways: three processes on a real PostgreSQL; and what holds while it is away.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { quotas } from "../../../src/admission/index.ts";
import { sharedLimits } from "../../../src/app/tenants/shared-limits.ts";
import { noTenants } from "../../../src/config/index.ts";
import { virtualClock } from "../../../src/core/virtual-clock.ts";
import { silentLog } from "../../../src/telemetry/index.ts";
import { postgresPrograms, postgresServer } from "../../state/postgres-server.ts";

const programs = postgresPrograms();
const skip = programs === undefined ? "no PostgreSQL server (initdb, postgres) on this machine" : false;
const LIMIT = 200;
/** A tenth, as shared-limits.ts says. */
const SLICE = 20;

test("three gateways grant what one would, and at most a slice more each", { skip }, async () => {
  const server = await postgresServer(programs ?? "");
  try {
    const run = promisify(execFile);
    const argv = [join(import.meta.dirname, "limit-spender.ts"), server.url, String(LIMIT), "3500"];
    const spent = await Promise.all([0, 1, 2].map(() => run(process.execPath, argv, { timeout: 20_000 })));
    const granted = spent.map(({ stdout }) => Number(stdout));
    const total = granted.reduce((sum, one) => sum + one, 0);
    assert.ok(total >= LIMIT && total <= LIMIT + 3 * SLICE, `${granted.join(" + ")} of ${LIMIT}`);
    assert.ok(granted.every((one) => one > 0));
  } finally {
    await server.close();
  }
});

test("with the database away a gateway spends its slice, then does as the file says: open or closed", async () => {
  for (const whenDown of ["open", "closed"] as const) {
    const clock = virtualClock(Date.UTC(2026, 10, 15, 12));
    const share = sharedLimits({
      store: { count: () => Promise.reject(new Error("down")) },
      clock,
      log: silentLog,
      whenDown,
    });
    const none = noTenants();
    const config = { ...none, defaults: { ...none.defaults, limits: { requestsPerMinute: LIMIT } } };
    const all = quotas({ config, clock, share });
    const ask = () => all.admit({ tenant: "a", keyId: undefined, model: "m", inputTokens: 1, outputTokens: 1 });
    const outcomes = [];
    for (let i = 0; i < LIMIT + 50; i++) {
      outcomes.push(ask());
      clock.advance(10);
      await Promise.resolve();
      await new Promise((next) => void setImmediate(next));
    }
    const granted = outcomes.filter((one) => "settle" in one).length;
    const last = outcomes.at(-1);
    assert.ok(last !== undefined && "waitMs" in last);
    assert.equal(granted, whenDown === "open" ? LIMIT : SLICE);
    assert.equal(last.limit, whenDown === "open" ? "requests" : "database");
    await share.close();
  }
});
