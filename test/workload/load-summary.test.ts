// The figures of a load run, on samples worked out by hand.
import assert from "node:assert/strict";
import { test } from "node:test";
import { loadReport, loadTable, type RequestSample, summarize } from "../../src/workload/index.ts";

const base: RequestSample = {
  plannedAt: 0,
  sentAt: 0,
  firstChunkAt: 90,
  firstTokenAt: 100,
  lastTokenAt: 500,
  gaps: [100, 100, 200],
  chunks: 4,
  outcome: "ok",
  status: 200,
  failure: undefined,
  promptTokens: 100,
  cachedTokens: 25,
  outputTokens: 5,
  text: undefined,
  headers: {},
};

test("TTFT by both readings, TPOT over output tokens, ITL over chunks, E2E to the last token", () => {
  const summary = summarize([base]);
  assert.equal(summary.ttftMs.p50, 100);
  assert.equal(summary.ttftFirstChunkMs.p50, 90);
  assert.equal(summary.tpotMs.p50, 100);
  assert.equal(summary.itlMs.p50, 100);
  assert.equal(summary.e2eMs.p50, 500);
  assert.equal(summary.tokensPerChunk, 1.25);
  assert.equal(summary.hitRate, 0.25);
});

test("a request of one token has no TPOT, and does not miss its limit by it", () => {
  const one: RequestSample = { ...base, outputTokens: 1, chunks: 1, gaps: [], lastTokenAt: 100 };
  const summary = summarize([one], { tpotMs: 1 });
  assert.equal(summary.tpotMs.count, 0);
  assert.equal(summary.goodputFraction, 1);
});

test("failures count against goodput and are told", () => {
  const failed: RequestSample = {
    ...base,
    outcome: "error",
    failure: "status 503: busy",
    firstTokenAt: undefined,
    lastTokenAt: undefined,
  };
  const slow: RequestSample = { ...base, firstTokenAt: 400 };
  const summary = summarize([base, slow, failed, failed], { ttftMs: 200 });
  assert.equal(summary.goodputFraction, 0.25);
  assert.deepEqual(summary.failures, { "status 503: busy": 2 });
  assert.equal(summary.ttftMs.count, 2);
});

test("unknown cached tokens are unknown, not zero", () => {
  assert.ok(Number.isNaN(summarize([{ ...base, cachedTokens: undefined }]).hitRate));
});

test("a client that cannot keep its schedule says so", () => {
  const late = summarize([{ ...base, sentAt: 50 }]);
  assert.equal(late.behindSchedule, true);
  assert.match(loadTable(late), /WARNING: the client could not keep its own schedule/);
});

test("the report is one page without outside resources, and escapes what servers said", () => {
  const samples = [{ ...base, outcome: "error" as const, failure: "<script>alert(1)</script>" }];
  const page = loadReport({ title: "t", command: "switchgear bench", summary: summarize(samples), samples });
  assert.ok(!page.includes("<script>"));
  assert.ok(!/(src|href)=/.test(page));
  assert.match(page, /<svg/);
});
