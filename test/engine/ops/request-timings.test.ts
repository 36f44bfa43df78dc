// What is measured of a sequence: queue, prefill, first token, gaps, decode.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { EngineStep } from "../../../src/engine/ops/engine-ops.ts";
import { type RequestSummary, requestTimings } from "../../../src/engine/ops/request-timings.ts";

function recorder() {
  const seen = { first: [] as number[], gaps: [] as number[], done: [] as RequestSummary[] };
  const timings = requestTimings({
    firstToken: (ttft) => void seen.first.push(ttft),
    nextToken: (gap) => void seen.gaps.push(gap),
    finished: (summary) => void seen.done.push(summary),
  });
  return { seen, timings };
}

function step(endedAt: number, tokens: readonly string[], extra: Partial<EngineStep["plan"]> = {}): EngineStep {
  const outputs = tokens.map((text) => {
    const [id = "", finish] = text.split("/");
    return { id, token: 1, finish: finish === "length" ? ("length" as const) : undefined, cachedTokens: 64 };
  });
  return { plan: { durationMs: 10, tokens: 1, ...extra }, outputs, events: [], endedAt };
}

test("a request that queues, is prefilled in two chunks, is preempted once and ends", () => {
  const { seen, timings } = recorder();
  timings.arrived({ id: "a", promptTokens: 100, maxTokens: 3, n: 1, arrivedAt: 1000 }, 1005);
  timings.step(step(1050, []), 10);
  timings.step(step(1110, [], { admitted: ["a"] }), 10);
  timings.step(step(1120, ["a"]), 10);
  timings.step(step(1130, [], { preempted: ["a"] }), 10);
  timings.step(step(1160, ["a"]), 10);
  timings.step(step(1180, ["a/length"]), 10);
  assert.deepEqual(seen.first, [120]);
  assert.deepEqual(seen.gaps, [40, 20]);
  assert.deepEqual(seen.done, [
    {
      finish: "length",
      promptTokens: 100,
      cachedTokens: 64,
      outputTokens: 3,
      maxTokens: 3,
      n: 1,
      preemptions: 1,
      queueMs: 100,
      prefillMs: 20,
      decodeMs: 60,
      inferenceMs: 80,
      e2eMs: 180,
    },
  ]);
  assert.equal(seen.done[0]?.finish, "length");
});

test("an aborted request is forgotten; one that the API ended counts as finished; unknown ids are ignored", () => {
  const { seen, timings } = recorder();
  for (const id of ["left", "stopped"]) timings.arrived({ id, promptTokens: 1, maxTokens: 9, n: 1 }, 0);
  timings.step(step(10, ["left", "stopped", "unknown"]), 10);
  timings.aborted("left");
  timings.aborted("stopped", "stop");
  timings.aborted("unknown", "stop");
  timings.step(step(20, ["left", "stopped"]), 10);
  assert.deepEqual(
    seen.done.map((summary) => [summary.finish, summary.outputTokens]),
    [["stop", 1]],
  );
  assert.deepEqual(seen.gaps, []);
});
