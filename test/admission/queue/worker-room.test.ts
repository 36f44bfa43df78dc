// Which workers have room: by their limits, and less of it for who yields.
import assert from "node:assert/strict";
import { test } from "node:test";
import { roomOf, type Yielding } from "../../../src/admission/index.ts";
import { loadProfile, stepCost } from "../../../src/model/index.ts";
import { type Candidate, stepTable } from "../../../src/routing/index.ts";

const cost = stepCost(loadProfile("qwen3-32b-h200-tp2-bf16"));
const IDLE = { prefillRequests: 0, decodeRequests: 0, foreignRequests: 0, prefillTokens: 0, contextTokens: 0 };
const RUNNING = { ...IDLE, decodeRequests: 4, contextTokens: 4000 };
const READING = { ...RUNNING, prefillRequests: 1, prefillTokens: 1000 };

function worker(load: Partial<Candidate["load"]>, more: Partial<Candidate> = {}): Candidate {
  const about = { id: "w", overlapBlocks: 0, blockSize: 16, kvBlocks: 20_000, maxSequences: 256, slowdown: 1, cost };
  return { ...about, load: { ...IDLE, ...load }, ...more };
}

type Promised = { readonly itlMs: number | undefined };

function room(
  candidates: readonly Candidate[],
  yields: Yielding,
  promptTokens = 3000,
  promise: Promised = { itlMs: 50 },
) {
  const request = { promptTokens, exactTokens: true, promptBlocks: Math.floor(promptTokens / 16), session: undefined };
  return roomOf({ request, candidates, yields, ...promise });
}

test("an idle worker has room for all; a full one has none", () => {
  for (const yields of ["none", "some", "all"] as const)
    assert.deepEqual(room([worker(IDLE)], yields, 100_000), [true]);
  assert.deepEqual(room([worker({ decodeRequests: 256, contextTokens: 1000 })], "none", 10), [false]);
  assert.deepEqual(room([worker(RUNNING, { kvBlocks: 100 })], "none"), [false]);
});

test("half a step of others' prompts may be ahead, however long the own one is; nothing where one yields", () => {
  const behind = (prefillTokens: number, promptTokens: number, yields: Yielding = "none") =>
    room([worker({ ...READING, prefillTokens })], yields, promptTokens)[0];
  const half = stepTable(cost).stepTokens / 2;
  assert.deepEqual([behind(half, 20), behind(half + 1, 20)], [true, false]);
  assert.deepEqual([behind(half, 8000), behind(half + 1, 8000)], [true, false]);
  for (const yields of ["some", "all"] as const) assert.equal(behind(1, 20, yields), false);
});

test("a long prompt of batch begins only while another worker could begin at once; others do not wait for that", () => {
  const [running, reading] = [worker(RUNNING), worker(READING)];
  assert.deepEqual(room([running, running], "all"), [true, true]);
  assert.deepEqual(room([running, reading], "all"), [false, false]);
  assert.deepEqual(room([running, reading], "some"), [true, false]);
  assert.deepEqual(room([running, reading], "none"), [true, true]);
  assert.deepEqual(room([running], "all"), [true], "there is no other worker to be kept free");
});

test("a short prompt of batch begins beside one that is read elsewhere: its step is no longer than a promised gap", () => {
  const both = [worker(RUNNING), worker(READING)];
  assert.deepEqual(room(both, "all", 200), [true, false]);
  assert.deepEqual(
    room(both, "all", 200, { itlMs: undefined }),
    [false, false],
    "without a promise nobody knows what is short",
  );
  const held = [worker(RUNNING, { overlapBlocks: 180 }), worker(READING)];
  assert.deepEqual(room(held, "all", 3000), [true, false], "what is cached is not computed");
  assert.deepEqual(room([worker(RUNNING, { slowdown: 2 }), worker(READING)], "all", 200), [false, false]);
});

test("a gap that is promised to somebody there is kept to, whatever the newcomer is promised", () => {
  const at = (decodeRequests: number, promisedItlMs: number | undefined, itlMs: number | undefined) =>
    room([worker({ decodeRequests, contextTokens: 1000 * decodeRequests }, { promisedItlMs })], "none", 100, {
      itlMs,
    })[0];
  const most = (there: number | undefined, own: number | undefined): number =>
    Array.from({ length: 200 }, (_, i) => i + 1).findLast((running) => at(running, there, own) === true) ?? 0;
  assert.ok(most(20, undefined) < most(undefined, undefined));
  assert.equal(most(20, 60), most(undefined, 20));
  assert.equal(most(60, 20), most(undefined, 20));
});

test("who yields leaves a share of sequences free: batch more than a tenant that is ahead", () => {
  const at = (decodeRequests: number, yields: Yielding) =>
    room([worker({ decodeRequests, contextTokens: 100 }, { maxSequences: 100 })], yields, 10, { itlMs: undefined })[0];
  assert.deepEqual([at(56, "all"), at(57, "all")], [true, false]);
  assert.deepEqual([at(79, "some"), at(80, "some")], [true, false]);
  assert.deepEqual([at(99, "none"), at(100, "none")], [true, false]);
});
