// The mirror by itself: nothing before the primary's dispatch, limits that drop and never wait, a brake, a spend.
import assert from "node:assert/strict";
import { test } from "node:test";
import { virtualClock } from "../../src/core/index.ts";
import type { Arms } from "../../src/gateway/index.ts";
import { brake } from "../../src/gateway/mirror/brake.ts";
import { failingGuard } from "../../src/gateway/mirror/failing.ts";
import { spend } from "../../src/gateway/mirror/spend.ts";
import { call, chat, testGateway, within } from "./harness.ts";
import { mirroredArms } from "./mirrored-arms.ts";

test("the primary is on its way before its copy, and never waits for one: offer returns in the same turn", async () => {
  const order: string[] = [];
  let turns = 0;
  const { legacy, candidate, fleet, arms, mirror, paired } = await mirroredArms({
    onRequest: (side) => void order.push(side),
    onCopy: () => void order.push(`copy after ${turns} turns`),
  });
  const watched: Arms = {
    ...arms,
    mirror: {
      offer(offer) {
        const before = turns;
        const copy = mirror.offer(offer);
        assert.equal(turns, before);
        order.push("offered");
        setImmediate(() => turns++);
        return copy;
      },
    },
  };
  const gateway = await testGateway({ fleet, options: { arms: () => watched } });
  const traced = { traceparent: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", tracestate: "vendor=1" };
  const { status } = await call(gateway, { body: chat(), headers: traced });
  assert.equal(status, 200);
  const found = await within(paired, "the pair");
  assert.equal(found.shadow.class, "ok");
  assert.equal(legacy.requests[0]?.headers["traceparent"], traced.traceparent);
  const copied = candidate.requests[0]?.headers ?? traced;
  assert.deepEqual(
    [copied["traceparent"], copied["tracestate"]],
    [undefined, undefined],
    "a copy is no part of a trace",
  );
  assert.equal(order[0], "offered", "nothing of the copy is touched while it is offered");
  assert.deepEqual(
    new Set(order.filter((one) => !one.startsWith("copy"))),
    new Set(["offered", "legacy", "candidate"]),
  );
});

test("the brake holds for its time after loop lag, and while more than 1 % of the primary's first bytes are late", () => {
  let lag = 0;
  const one = brake({ loopLagMs: 50, primaryP99Ms: 100, holdMs: 1000 }, () => lag);
  assert.equal(one.reason(0), undefined);
  lag = 80;
  assert.equal(one.reason(10), "loop lag 80 ms");
  lag = 0;
  assert.equal(one.reason(500), "loop lag 80 ms");
  assert.equal(one.reason(1010), undefined);
  for (let i = 0; i < 100; i++) one.note(i < 98 ? 10 : 500);
  assert.equal(one.reason(2000), "primary P99 above 100 ms");
});

test("caps hold for the UTC day and are new on the next", () => {
  const clock = virtualClock();
  const day = spend({ maxBytesPerDay: 100, maxTokensPerDay: 10, maxCostPerDay: undefined, costPerMillionTokens: 0 });
  assert.equal(day.over({ bytes: 90, tokens: 1 }, clock.epoch()), undefined);
  day.add({ bytes: 90, tokens: 1 }, clock.epoch());
  assert.equal(day.over({ bytes: 20, tokens: 1 }, clock.epoch()), "bytes");
  assert.equal(day.over({ bytes: 1, tokens: 20 }, clock.epoch()), "tokens");
  clock.advance(86_400_000);
  assert.equal(day.over({ bytes: 20, tokens: 1 }, clock.epoch()), undefined);
  const cost = spend({
    maxBytesPerDay: undefined,
    maxTokensPerDay: undefined,
    maxCostPerDay: 1,
    costPerMillionTokens: 2,
  });
  assert.equal(cost.over({ bytes: 1, tokens: 600_000 }, clock.epoch()), "spend");
});

test("a candidate that fails all copies gets a trial now and then, until one is answered", () => {
  const guard = failingGuard();
  for (let i = 0; i < 31; i++) guard.note("protocol");
  guard.note("client-4xx");
  for (let i = 0; i < 31; i++) guard.note("refused");
  assert.equal(guard.holds(0), false, "not yet 32 in a row: a refused parameter is no failure of the server");
  guard.note("flood");
  assert.deepEqual(
    [0, 1, 249, 250, 251].map((now) => guard.holds(now)),
    [false, true, true, false, true],
  );
  guard.note("ok");
  assert.equal(guard.holds(252), false);
});
