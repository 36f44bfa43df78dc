// What gateways that share limits know of each other: what runs, budgets that are new, and a wall clock that jumps.
import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { type PastUse, quotas, type Quotas } from "../../../src/admission/index.ts";
import { type SharedLimits, sharedLimits } from "../../../src/app/tenants/shared-limits.ts";
import { noTenants, type TenantLimits } from "../../../src/config/index.ts";
import type { Clock } from "../../../src/core/index.ts";
import { virtualClock } from "../../../src/core/virtual-clock.ts";
import { openStore, type TenantStore } from "../../../src/state/index.ts";
import { silentLog } from "../../../src/telemetry/index.ts";

const NOON = Date.UTC(2026, 10, 15, 12);
const BUDGET: TenantLimits = { budgets: [{ unit: "tokens", per: "month", amount: 1000, mode: "hard" }] };

const shares: SharedLimits[] = [];
afterEach(() => Promise.all(shares.splice(0).map((one) => one.close())));

interface Setting {
  readonly store: TenantStore;
  readonly limits: TenantLimits;
  readonly clock: Clock;
  readonly past?: readonly PastUse[];
}

function gateway({ store, limits, clock, past = [] }: Setting): Quotas {
  const share = sharedLimits({ store, clock, log: silentLog, whenDown: "closed" });
  shares.push(share);
  const none = noTenants();
  return quotas({ config: { ...none, defaults: { ...none.defaults, limits } }, clock, share, past });
}

function ask(of: Quotas, outputTokens: number) {
  return of.admit({ tenant: "a", keyId: undefined, model: "m", inputTokens: 0, outputTokens });
}

const isGranted = (answer: ReturnType<typeof ask>): boolean => "settle" in answer;

/** Until all gateways have told the database, and heard of it. */
async function told(clock: ReturnType<typeof virtualClock>): Promise<void> {
  for (let i = 0; i < 5; i++) {
    clock.advance(100);
    await new Promise((next) => void setImmediate(next));
  }
}

test("bug: what ran at one gateway was no part of what another one counted", async () => {
  for (const limits of [BUDGET, { outputTokensPerMinute: 1000 }]) {
    const clock = virtualClock(NOON);
    const store = await openStore(":memory:", undefined);
    const [one, two] = [gateway({ store, limits, clock }), gateway({ store, limits, clock })];
    const running = ask(one, 900);
    assert.ok("settle" in running);
    assert.ok(isGranted(ask(two, 50)), "each may spend a slice before it asks");
    await told(clock);
    assert.ok(!isGranted(ask(two, 200)));
    await told(clock);
    running.settle({ inputTokens: 0, cachedTokens: 0, outputTokens: 100 });
    await told(clock);
    ask(two, 200);
    await told(clock);
    assert.ok(isGranted(ask(two, 200)), "what was not used comes back");
    await told(clock);
    assert.ok(!isGranted(ask(one, 900)));
  }
});

test("bug: a budget that was new in a month was granted by each gateway", async () => {
  const clock = virtualClock(NOON);
  const store = await openStore(":memory:", undefined);
  const day = Date.UTC(2026, 10, 3);
  const used = {
    tenant: "a",
    keyId: undefined,
    model: "m",
    inputTokens: 0,
    cachedTokens: 0,
    outputTokens: 800,
    cost: 0,
  };
  const about = { store, limits: BUDGET, clock, past: [{ ...used, day }] };
  const [one, two] = [gateway(about), gateway(about)];
  assert.ok(isGranted(ask(one, 150)));
  await told(clock);
  ask(two, 100);
  await told(clock);
  ask(one, 1);
  await told(clock);
  for (const each of [one, two]) assert.ok(!isGranted(ask(each, 20)), "1050 of 1000 are used");
  clock.advance(20 * 86_400_000);
  await told(clock);
  assert.ok(isGranted(ask(two, 1000)), "the next month begins with nothing");
});

test("bug: where limits are shared, a wall clock that jumped to the next month gave the budget anew", async () => {
  const virtual = virtualClock(NOON);
  let jump = 0;
  const clock = { ...virtual, epoch: () => virtual.epoch() + jump };
  const only = gateway({ store: await openStore(":memory:", undefined), limits: BUDGET, clock });
  assert.ok(isGranted(ask(only, 950)));
  await told(virtual);
  jump = 30 * 86_400_000;
  assert.ok(isGranted(ask(only, 20)));
  await told(virtual);
  assert.ok(!isGranted(ask(only, 100)));
});

test("bug: of a shared rate each gateway told its clients what it alone had left", async () => {
  const clock = virtualClock(NOON);
  const about = { store: await openStore(":memory:", undefined), limits: { requestsPerMinute: 100 }, clock };
  const [one, two] = [gateway(about), gateway(about)];
  for (let i = 0; i < 8; i++) assert.ok(isGranted(ask(one, 1)));
  await told(clock);
  assert.ok(isGranted(ask(two, 1)));
  await told(clock);
  const answer = ask(two, 1);
  assert.ok("left" in answer);
  assert.equal(answer.left.requests?.remaining, 90);
});

test("bug: what a stream ran on beyond its estimate was told when it had ended", async () => {
  const clock = virtualClock(NOON);
  const about = { store: await openStore(":memory:", undefined), limits: { outputTokensPerMinute: 1000 }, clock };
  const [one, two] = [gateway(about), gateway(about)];
  const stream = ask(one, 10);
  assert.ok("token" in stream);
  for (let i = 0; i < 950; i++) stream.token();
  await told(clock);
  assert.ok(isGranted(ask(two, 1)));
  await told(clock);
  assert.ok(!isGranted(ask(two, 100)));
  clock.advance(60_000);
  for (let i = 0; i < 500; i++) stream.token();
  await told(clock);
  stream.settle({ inputTokens: 0, cachedTokens: 0, outputTokens: 1450 });
  assert.ok(isGranted(ask(two, 1)));
  await told(clock);
  const answer = ask(two, 600);
  assert.ok(!isGranted(answer), "500 are of this minute");
  assert.ok(isGranted(ask(two, 400)), "and no more");
});
