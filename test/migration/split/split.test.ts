// Sessions stay where they are, move one way only, and cannot choose their arm.
import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { actualShare, clampWeight, sessionSplit } from "../../../src/migration/index.ts";
import { seededRandom } from "../../../src/core/index.ts";
import { parseInferenceRequest, sessionKey } from "../../../src/vllm/index.ts";

const split = sessionSplit("a secret");
const session = (key: string) => ({ sessionKey: key, requestId: "r" });

test("property: a rising weight moves sessions to the candidate only, a falling one back only", () => {
  const weight = fc.double({ min: 0, max: 1, noNaN: true });
  fc.assert(
    fc.property(fc.string(), weight, weight, (key, a, b) => {
      const [low, high] = a < b ? [a, b] : [b, a];
      if (split.arm(session(key), low) === "candidate") assert.equal(split.arm(session(key), high), "candidate");
      if (split.sampled(session(key), low)) assert.ok(split.sampled(session(key), high));
      assert.equal(split.arm(session(key), low), split.arm(session(key), low));
    }),
  );
});

test("0 sends nobody and 1 everybody; weights are clamped as in the seed", () => {
  for (let i = 0; i < 500; i++) {
    assert.equal(split.arm(session(`s${i}`), 0), "legacy");
    assert.equal(split.arm(session(`s${i}`), 1), "candidate");
  }
  assert.deepEqual([-3, 0.4, 7, Number.NaN].map(clampWeight), [0, 0.4, 1, 0]);
});

test("the share of sessions is the weight, in the sample and outside it alike", () => {
  const keys = Array.from({ length: 20_000 }, (_, i) => `user:${i}`);
  const share = (some: readonly string[]) =>
    some.filter((key) => split.arm(session(key), 0.1) === "candidate").length / some.length;
  assert.ok(Math.abs(share(keys) - 0.1) < 0.008, String(share(keys)));
  const sample = keys.filter((key) => split.sampled(session(key), 0.25));
  assert.ok(Math.abs(sample.length / keys.length - 0.25) < 0.012);
  assert.ok(Math.abs(share(sample) - 0.1) < 0.016, "another salt than the split");
});

test("another secret places sessions otherwise", () => {
  const other = sessionSplit("another secret");
  const keys = Array.from({ length: 2000 }, (_, i) => session(`user:${i}`));
  const moved = keys.filter((key) => split.arm(key, 0.5) !== other.arm(key, 0.5)).length;
  assert.ok(moved > 800 && moved < 1200, String(moved));
});

test("turns of a conversation share an arm, conversations under one system prompt do not", () => {
  const chat = (topic: number, turns: number) => {
    const messages: { role: string; content: string }[] = [{ role: "system", content: "You are shared by all." }];
    for (let i = 0; i < turns; i++) {
      messages.push({ role: "user", content: `topic ${topic} turn ${i}` }, { role: "assistant", content: "so" });
    }
    const body = Buffer.from(JSON.stringify({ model: "m", messages }));
    return { sessionKey: sessionKey(parseInferenceRequest(body), {}), requestId: `r${topic}.${turns}` };
  };
  const arms = Array.from({ length: 400 }, (_, topic) => {
    assert.equal(split.arm(chat(topic, 1), 0.5), split.arm(chat(topic, 4), 0.5));
    return split.arm(chat(topic, 1), 0.5);
  });
  const candidates = arms.filter((arm) => arm === "candidate").length;
  assert.ok(candidates > 140 && candidates < 260, String(candidates));
});

test("requests without a session are split one by one", () => {
  const arms = Array.from({ length: 1000 }, (_, i) => split.arm({ sessionKey: undefined, requestId: `r${i}` }, 0.5));
  assert.ok(arms.includes("legacy") && arms.includes("candidate"));
});

test("the actual share is counted per session and a wrong split is found, a right one never", () => {
  const share = actualShare(0.1);
  for (let i = 0; i < 5000; i++) {
    const key = `user:${i % 2500}`;
    share.note(key, split.arm(session(key), 0.1));
    assert.equal(share.reading().mismatch, false);
  }
  const reading = share.reading();
  assert.equal(reading.sessions, 2500);
  assert.ok(reading.interval.low < 0.1 && reading.interval.high > 0.1);
  share.reset(0.25);
  const random = seededRandom(1);
  for (let i = 0; i < 2500; i++) share.note(`user:${i}`, random.next() < 0.1 ? "candidate" : "legacy");
  assert.equal(share.reading().mismatch, true);
});
