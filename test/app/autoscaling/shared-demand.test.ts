// Demands of several gateways as one: rates add up, lengths count by rates, what makes no sense is left out.
import assert from "node:assert/strict";
import { test } from "node:test";
import { promisedBy, sharedDemand, together } from "../../../src/app/autoscaling/shared-demand.ts";

const own = { requestsPerSecond: 1, promptTokens: 100, cachedTokens: 10, outputTokens: 40 };
const other = { requestsPerSecond: 3, promptTokens: 500, cachedTokens: 50, outputTokens: 80 };
const idle = { requestsPerSecond: 0, promptTokens: 1, cachedTokens: 0, outputTokens: 1 };

test("rates add up and lengths count by them; who is idle or does not know yet changes nothing", () => {
  const told = [
    { demand: other, queued: 0 },
    { demand: idle, queued: 0 },
    { demand: undefined, queued: 2 },
  ];
  const all = { requestsPerSecond: 4, promptTokens: 400, cachedTokens: 40, outputTokens: 70 };
  assert.deepEqual(together(own, told), all);
  assert.deepEqual(together(idle, told), other);
  assert.deepEqual(together(own, []), own);
  assert.deepEqual(together(idle, []), idle);
  assert.equal(together(undefined, told), undefined, "not known here: not known");
  assert.equal(together({ ...own, wholeShare: 1 }, [{ demand: other, queued: 0 }])?.wholeShare, 0.25);
});

test("the tightest promise of gateways that have a share of the requests, the stated one where none is their own", () => {
  const stated = { ttftP99Ms: 1000, itlP99Ms: Infinity };
  const of = (requestsPerSecond: number, ttftP99Ms?: number) => ({
    demand: { ...own, requestsPerSecond },
    queued: 0,
    promised: ttftP99Ms === undefined ? undefined : { ttftP99Ms, itlP99Ms: 40 },
  });
  assert.equal(promisedBy([of(1), of(5)], stated), undefined);
  assert.deepEqual(promisedBy([of(1), of(5, 300)], stated), { ttftP99Ms: 300, itlP99Ms: 40 });
  assert.deepEqual(promisedBy([of(5), of(5, 9000)], stated), { ttftP99Ms: 1000, itlP99Ms: 40 });
  assert.deepEqual(promisedBy([of(0), of(5, 9000)], stated), { ttftP99Ms: 9000, itlP99Ms: 40 });
  assert.equal(promisedBy([of(100), of(1, 300)], stated), undefined, "too few");
});

test("reports of the others only, and of those what is a demand", () => {
  const texts = new Map([
    ["me", JSON.stringify({ p: { demand: own, queued: 9 } })],
    ["a", JSON.stringify({ p: { demand: other, queued: 1 } })],
    ["b", JSON.stringify({ p: { demand: { ...other, promptTokens: -1 }, queued: 2 } })],
    ["c", "no JSON"],
    ["d", "null"],
    ["f", JSON.stringify({ p: { demand: other, queued: 0, promised: { ttftP99Ms: 300, itlP99Ms: null } } })],
    ["g", JSON.stringify({ p: { demand: other, queued: 0, promised: { ttftP99Ms: "soon", itlP99Ms: 0 } } })],
    ["e", JSON.stringify({ p: { demand: other, queued: "many" } })],
  ]);
  const sent: string[] = [];
  const reports = { of: () => texts, set: (_name: string, text: string) => void sent.push(text) };
  const shared = sharedDemand({ reports, status: () => ({ id: "me" }) } as unknown as Parameters<
    typeof sharedDemand
  >[0]);
  assert.deepEqual(shared.of("p"), [
    { demand: other, queued: 1 },
    { demand: undefined, queued: 2 },
    { demand: other, queued: 0, promised: { ttftP99Ms: 300, itlP99Ms: Infinity } },
    { demand: other, queued: 0 },
  ]);
  assert.deepEqual(shared.of("q"), []);
  shared.tell({ p: { demand: own, queued: 0 } });
  assert.deepEqual(sent, [JSON.stringify({ p: { demand: own, queued: 0 } })]);
  assert.deepEqual(sharedDemand(undefined).of("p"), []);
});
