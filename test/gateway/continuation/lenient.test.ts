// vLLM reads "2" as a number and 1 or "yes" as true: so does what decides on a continuation.
import assert from "node:assert/strict";
import { test } from "node:test";
import { FEATURES, lagOf } from "../../../src/gateway/continuation/features.ts";
import { whyWhole } from "../../../src/gateway/disaggregated/why-whole.ts";
import { parseInferenceRequest } from "../../../src/vllm/index.ts";
import { call, testFleet, testGateway, testWorker } from "../harness.ts";
import { cuttingWorker, engineForTests } from "./cutting-worker.ts";
import { assertSame, takeApart } from "./stream-checks.ts";

const FORMS: readonly (readonly [string, unknown, readonly unknown[]])[] = [
  ["n", 2, ["2", " 2 "]],
  ["best_of", 3, ["3"]],
  ["presence_penalty", 0.5, ["0.5", "5e-1"]],
  ["frequency_penalty", -1, ["-1"]],
  ["repetition_penalty", 1.5, ["1.5"]],
  ["use_beam_search", true, [1, "true", "yes"]],
  ["echo", true, [1, "on", "T"]],
];

const used = (fields: object): readonly string[] =>
  FEATURES.filter(({ uses }) => uses(fields as never)).map(({ name }) => name);
const whole = (fields: object): string | undefined => {
  const body = Buffer.from(JSON.stringify({ model: "m", prompt: "a", max_tokens: 9, ...fields }));
  return whyWhole({ body: "completion" }, { request: parseInferenceRequest(body), body });
};

for (const [name, value, forms] of FORMS)
  for (const form of forms)
    test(`bug: ${name}: ${JSON.stringify(form)} was taken for absent`, () => {
      assert.deepEqual(used({ temperature: 0, [name]: form }), used({ temperature: 0, [name]: value }));
      assert.equal(whole({ [name]: form }), whole({ [name]: value }));
    });

test("bug: include_stop_str_in_output: 1 was taken for absent", () => {
  assert.equal(lagOf({ stop: "abcd", include_stop_str_in_output: "true" }), 0);
  assert.equal(lagOf({ stop: "abcd" }), 3);
});

test("bug: min_tokens in a string was lost with the worker", async () => {
  const engine = await engineForTests();
  const path = "/v1/completions";
  const greedy = { model: "tiny", prompt: "Tell me.", stream: true, temperature: 0, max_tokens: 30, ignore_eos: true };
  const { ids } = takeApart(
    (await call(engine, { path, body: JSON.stringify({ ...greedy, return_token_ids: true }) })).body,
  );
  // Without its minimum the stream would stop there.
  const body = JSON.stringify({ ...greedy, stop_token_ids: [ids[15]], min_tokens: "25" });
  let legs = 0;
  const workers = [];
  for (const id of ["a", "b"]) {
    const { origin } = await cuttingWorker(engine, () => (legs++ === 0 ? { kind: "error", bytes: 1000 } : undefined));
    workers.push(testWorker(id, origin));
  }
  const continuation = { mode: "exact", maxPerRequest: 1, maxTokens: 1000 } as const;
  const gateway = await testGateway({ fleet: testFleet(workers), model: { continuation } });
  const want = takeApart((await call(engine, { path, body })).body);
  assertSame(takeApart((await call(gateway, { path, body })).body), want, "the stream");
  assert.equal(legs, 2);
});
