// The pure parts: retry, budget, choice and prediction, limits, receipts' age, relay under any chunking.
import assert from "node:assert/strict";
import type { ServerResponse } from "node:http";
import { test } from "node:test";
import * as fc from "fast-check";
import { seededRandom, virtualClock } from "../../src/core/index.ts";
import { choose, decideRetry, predictionOf, retryBudget } from "../../src/gateway/index.ts";
import { passedLimit, type Watched } from "../../src/gateway/leg-watch.ts";
import { receiptStore } from "../../src/gateway/receipts.ts";
import { newRecord } from "../../src/gateway/record.ts";
import { StreamRelay } from "../../src/gateway/stream-relay.ts";
import { multipartField } from "../../src/gateway/multipart.ts";
import { hashBlocks } from "../../src/tokens/index.ts";
import { usageRestore } from "../../src/vllm/index.ts";
import { chunk, inTurn, testWorker, USAGE_EVENT } from "./harness.ts";

const question = fc.record({
  failure: fc.constantFrom("refused", "broken", "overloaded", "engine", "silent", "slow"),
  committed: fc.boolean(),
  clientLeft: fc.boolean(),
  retriesSoFar: fc.nat(5),
  maxRetries: fc.nat(5),
  budgetLeft: fc.boolean(),
  remainingMs: fc.integer({ min: -10, max: 10 }),
  untried: fc.nat(3),
  eligible: fc.nat(3),
} as const);

test("a retry never follows a commit, a client that left, spent attempts, time or budget", () => {
  fc.assert(
    fc.property(question, (asked) => {
      const decision = decideRetry(asked);
      if (!decision.retry) return;
      assert.ok(!asked.committed && !asked.clientLeft && asked.budgetLeft && asked.remainingMs > 0);
      assert.ok(asked.retriesSoFar < asked.maxRetries);
      assert.ok(decision.where === "other" ? asked.untried > 0 : asked.eligible > 0);
    }),
  );
});

test("a leg that failed before any byte is sent to another worker", () => {
  const base = {
    committed: false,
    clientLeft: false,
    retriesSoFar: 0,
    maxRetries: 2,
    budgetLeft: true,
    remainingMs: 1,
    eligible: 2,
  };
  for (const failure of ["refused", "broken", "overloaded", "engine", "silent"] as const) {
    assert.deepEqual(decideRetry({ ...base, failure, untried: 1 }), { retry: true, where: "other" });
  }
  assert.deepEqual(decideRetry({ ...base, failure: "broken", untried: 0 }), { retry: true, where: "same" });
  // Waits until another worker holds its adapter.
  const loadable = { ...base, untried: 0, loadable: true };
  assert.deepEqual(decideRetry({ ...loadable, failure: "refused" }), { retry: true, where: "other" });
  assert.deepEqual(decideRetry({ ...loadable, failure: "refused", budgetLeft: false }), {
    retry: false,
    reason: "budget",
  });
  assert.deepEqual(decideRetry({ ...base, failure: "refused", untried: 0 }), {
    retry: false,
    reason: "no_other_worker",
  });
});

test("over any run, retries stay within the minimum and the share of requests", () => {
  fc.assert(
    fc.property(fc.array(fc.boolean(), { maxLength: 500 }), fc.constantFrom(0, 0.1, 0.2, 1), (steps, ratio) => {
      const budget = retryBudget(ratio);
      let requests = 0;
      let retries = 0;
      for (const isRequest of steps) {
        if (isRequest) {
          budget.request();
          requests += 1;
        } else if (budget.left) {
          budget.spend();
          retries += 1;
        }
      }
      assert.ok(retries <= (ratio > 0 ? 10 : 0) + requests * ratio + 1e-6);
    }),
  );
});

test("overlap counts only for workers of the hashed block size, and the last token is always computed", () => {
  const hashes = hashBlocks(
    Array.from({ length: 64 }, (_, i) => i),
    16,
    { model: "tiny" },
  );
  const identity = { promptTokens: 64, exact: true, hashes };
  const workers = [testWorker("a", "http://a"), testWorker("b", "http://b")];
  const [, other] = workers;
  if (other) other.facts = { ...other.facts, blockSize: 32 };
  const policy = inTurn();
  const parts = {
    policy,
    workers,
    identity,
    session: () => undefined,
    nowMs: 0,
    overlap: [4, 4],
    slowdown: () => 1,
    random: seededRandom(1),
  };
  const first = choose(parts);
  assert.deepEqual(predictionOf(first, identity), { cachedTokens: 48, ttftMs: 25, slowdown: 1, known: true });
  const second = choose(parts);
  assert.equal(second.worker.id, "b");
  assert.equal(predictionOf(second, identity).cachedTokens, 0);
});

test("limits: each in its phase, none before its time", () => {
  const leg: Watched = {
    sentAt: 0,
    lastByteAt: undefined,
    paused: false,
    watchSlot: -1,
    limits: { firstByteTimeoutMs: 100, idleTimeoutMs: 50 },
    deadline: 1000,
    onLimit: () => {},
    onSilence: () => {},
  };
  assert.equal(passedLimit(leg, 99), undefined);
  assert.equal(passedLimit(leg, 100), "first_byte");
  assert.equal(passedLimit({ ...leg, lastByteAt: 90 }, 139), undefined);
  assert.equal(passedLimit({ ...leg, lastByteAt: 90 }, 140), "idle");
  assert.equal(passedLimit({ ...leg, lastByteAt: 90, paused: true }, 140), "client_stall");
  assert.equal(passedLimit({ ...leg, lastByteAt: 999 }, 1000), "total");
});

test("receipts go when they are a day old", () => {
  const clock = virtualClock(0);
  const store = receiptStore({ maxEntries: 10, retentionSeconds: 86_400 }, clock);
  store.add(newRecord({ id: "a", route: "/v1/x", arrivedAt: 0, arrivedEpoch: 0 }), "ok");
  clock.advance(86_399_000);
  assert.equal(store.find("a")?.id, "a");
  clock.advance(2000);
  assert.equal(store.find("a"), undefined);
  assert.equal(store.size, 0);
});

test("a relayed stream is the same under any chunking, restored or not", () => {
  const events =
    chunk({ role: "assistant", content: "" }) +
    chunk({ content: "Grüße 🙂" }) +
    chunk({ content: "!" }, { stop_reason: null }, "stop");
  const withUsage = `${events}${USAGE_EVENT}data: [DONE]\n\n`;
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1 }), fc.boolean(), (sizes, restored) => {
      const written: Buffer[] = [];
      const response = { write: (bytes: Buffer) => written.push(Buffer.from(bytes)) > 0 } as unknown as ServerResponse;
      let tokens = 0;
      const sink = { onToken: () => void tokens++, onFull: () => {}, onRoom: () => {} };
      const relay = new StreamRelay({ response, sink }, restored ? usageRestore() : undefined);
      const bytes = Buffer.from(withUsage);
      for (let at = 0, i = 0; at < bytes.length; i++) {
        const size = sizes[i % sizes.length] ?? 1;
        relay.write(bytes.subarray(at, at + size), i);
        at += size;
      }
      relay.finish();
      assert.equal(Buffer.concat(written).toString(), restored ? `${events}data: [DONE]\n\n` : withUsage);
      assert.equal(tokens, 2);
      assert.deepEqual(relay.usage, { promptTokens: 10, completionTokens: 3, cachedTokens: 4 });
      assert.equal(relay.finishReason, "stop");
    }),
  );
});

test("the model of a multipart body", () => {
  const part = (name: string, value: string) =>
    `--b\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`;
  assert.equal(
    multipartField(Buffer.from(`${part("file", "x")}${part("model", "whisper")}--b--\r\n`), "model"),
    "whisper",
  );
  assert.equal(multipartField(Buffer.from(`${part("file", "x")}--b--\r\n`), "model"), undefined);
  assert.equal(multipartField(Buffer.from(part("model", "x".repeat(5000))), "model"), undefined);
});
