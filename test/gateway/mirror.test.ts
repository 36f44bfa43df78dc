// The mirror by itself: nothing before the primary's dispatch, limits that drop and never wait, a brake, a spend.
import assert from "node:assert/strict";
import { test } from "node:test";
import { realClock, virtualClock } from "../../src/core/index.ts";
import { type Arms, MIRROR_SETTINGS, type RawPair, startMirror } from "../../src/gateway/index.ts";
import { brake } from "../../src/gateway/mirror/brake.ts";
import { spend } from "../../src/gateway/mirror/spend.ts";
import { silentLog } from "../../src/telemetry/index.ts";
import { call, chat, testFleet, testGateway, testWorker, upstream, within } from "./harness.ts";

test("the primary is on its way before its copy, and never waits for one: offer returns in the same turn", async () => {
  const order: string[] = [];
  const [legacy, candidate] = await Promise.all(
    ["legacy", "candidate"].map((side) =>
      upstream((_request, response) => {
        order.push(side);
        response.writeHead(200, { "content-type": "application/json" }).end("{}");
      }),
    ),
  );
  assert.ok(legacy && candidate);
  const workers = { legacy: testWorker("l", legacy.origin), candidate: testWorker("c", candidate.origin) };
  let pair: ((pair: RawPair) => void) | undefined;
  const paired = new Promise<RawPair>((resolve) => (pair = resolve));
  let turns = 0;
  const targets = {
    legacy: { model: "tiny", workers: () => [workers.legacy] },
    candidate: {
      model: "tiny",
      workers: () => {
        order.push(`copy after ${turns} turns`);
        return [workers.candidate];
      },
    },
  };
  const mirror = startMirror({
    ...targets,
    settings: { ...MIRROR_SETTINGS, coldStartMs: 0, brake: { ...MIRROR_SETTINGS.brake, loopLagMs: Infinity } },
    fraction: () => 1,
    sampled: () => true,
    repeated: () => false,
    loopLagMs: () => 0,
    clock: realClock,
    log: silentLog,
    onPair: (one) => pair?.(one),
  });
  const arms: Arms = {
    ...targets,
    choose: () => "legacy",
    mayCross: () => true,
    legEnded: () => undefined,
    waiting: new Set(),
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
  const fleet = testFleet([workers.legacy, workers.candidate]);
  const gateway = await testGateway({ fleet, options: { arms: () => arms } });
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
  await mirror.close();
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
