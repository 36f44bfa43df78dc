// A migration whose candidate has prefill and decode workers: pairs on its arm, and the legacy arm when they fail.
import assert from "node:assert/strict";
import { test } from "node:test";
import { pairRuleOf } from "../../../src/routing/index.ts";
import { type Arms, recallWaiting } from "../../../src/gateway/index.ts";
import { call, chat, eventually, testFleet, testGateway, testWorker, unary, upstream } from "../harness.ts";
import { pdWorker, resets, SETTINGS } from "./pd-gateway.ts";

const BODY = chat({ messages: [{ role: "user", content: "foxes ".repeat(80) }], max_tokens: 6, temperature: 0 });

async function migration(breaks: "nothing" | "prefill" | "decode") {
  const legacy = await upstream(unary);
  const [p, d] = [await pdWorker("p", "prefill"), await pdWorker("d", "decode")];
  if (breaks === "prefill") p.door = resets;
  if (breaks === "decode") d.door = resets;
  const old = testWorker("old", legacy.origin, { arm: "plan/legacy" });
  const fleet = testFleet([p.worker, d.worker] as Parameters<typeof testFleet>[0], ["tiny"]);
  const ends: string[] = [];
  const arms: Arms = {
    legacy: { model: "tiny", workers: () => [old] },
    candidate: { model: "tiny", workers: () => fleet.eligible("tiny", "any") },
    choose: () => "candidate",
    mayCross: () => true,
    legEnded: (leg) => void ends.push(`${leg.arm} ${leg.worker ?? ""} ${leg.class}`),
    waiting: new Set(),
    mirror: undefined,
  };
  const disaggregation = { ...SETTINGS, rule: pairRuleOf("always") };
  const gateway = await testGateway({ fleet, model: { disaggregation }, options: { arms: () => arms } });
  const answer = await call(gateway, { body: BODY });
  return { answer, ends, asked: [p.asked.length, d.asked.length, legacy.requests.length], waiting: arms.waiting.size };
}

test("a candidate with roles serves in pairs, and its answering leg is what the watch hears of", async () => {
  const { answer, ends, asked, waiting } = await migration("nothing");
  assert.equal(answer.status, 200);
  assert.deepEqual([asked, ends, waiting], [[1, 1, 0], ["candidate d ok"], 0]);
});

for (const [breaks, legs, failed] of [
  ["prefill", [1, 0, 1], "candidate p protocol"],
  ["decode", [1, 1, 1], "candidate d protocol"],
] as const) {
  test(`a candidate whose ${breaks} fails: the legacy arm answers, and the failure is the candidate's`, async () => {
    const { answer, ends, asked, waiting } = await migration(breaks);
    assert.equal(answer.status, 200);
    assert.deepEqual(asked, legs);
    assert.deepEqual([ends, waiting], [[failed, "legacy old ok"], 0]);
  });
}

test("a rollback takes back a request whose prompt is being computed on the candidate", async () => {
  const legacy = await upstream(unary);
  const [p, d] = [await pdWorker("p", "prefill"), await pdWorker("d", "decode")];
  p.door = () => "taken";
  const old = testWorker("old", legacy.origin, { arm: "plan/legacy" });
  const fleet = testFleet([p.worker, d.worker] as Parameters<typeof testFleet>[0], ["tiny"]);
  const arms: Arms = {
    legacy: { model: "tiny", workers: () => [old] },
    candidate: { model: "tiny", workers: () => fleet.eligible("tiny", "any") },
    choose: () => "candidate",
    mayCross: () => true,
    legEnded: () => undefined,
    waiting: new Set(),
    mirror: undefined,
  };
  const gateway = await testGateway({ fleet, model: { disaggregation: SETTINGS }, options: { arms: () => arms } });
  const answer = call(gateway, { body: BODY });
  await eventually(() => p.asked.length === 1, "the prefill leg is there");
  assert.equal(recallWaiting(arms), 1);
  assert.equal((await answer).status, 200);
  assert.deepEqual([d.asked.length, legacy.requests.length, arms.waiting.size], [0, 1, 0]);
});
