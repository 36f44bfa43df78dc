// The support matrix, a test a cell: each feature of a request, on each route, when its worker is lost in mid-stream.
import assert from "node:assert/strict";
import { test } from "node:test";
import { FEATURES, type Exactness } from "../../../src/gateway/continuation/features.ts";
import { call, CONTROL_DEFAULTS, testFleet, testGateway, testWorker } from "../harness.ts";
import { cuttingWorker, engineForTests } from "./cutting-worker.ts";
import { assertSame, takeApart } from "./stream-checks.ts";

type Fields = Readonly<Record<string, unknown>>;

const CHAT = "/v1/chat/completions";
const MESSAGES = [{ role: "user", content: "Tell me a story." }];
const TOOL = { type: "function", function: { name: "f", parameters: { type: "object", properties: {} } } };
/** The model has called the tool and now speaks. */
const ANSWERED = [
  ...MESSAGES,
  {
    role: "assistant",
    content: "",
    tool_calls: [{ id: "call_1", type: "function", function: { name: "f", arguments: "{}" } }],
  },
  { role: "tool", tool_call_id: "call_1", content: "a" },
];

/** What a request says to use each feature; greedy where it does not matter. */
const EXAMPLES: Readonly<Record<string, Fields>> = {
  greedy: {},
  sampled: { temperature: 1 },
  seeded: { temperature: 0.7, seed: 5 },
  sampled_with_stop: { temperature: 1, stop: ["zzzz"] },
  stop_strings: { stop: ["zzzzz"] },
  long_stop_strings: { stop: ["z".repeat(1001)], include_stop_str_in_output: true },
  length_limits: { min_tokens: 5 },
  repetition_penalty: { repetition_penalty: 1.1 },
  output_penalties: { presence_penalty: 0.5 },
  bad_words: { bad_words: ["zzz"] },
  vllm_xargs: { vllm_xargs: { a: 1 } },
  logprobs: { logprobs: true, top_logprobs: 2 },
  several_choices: { n: 2 },
  several_prompts: { prompt: ["One", "Two"] },
  beam_search: { use_beam_search: true },
  structured_output: { structured_outputs: { regex: "[a-z ]{40}" } },
  tools: { tools: [TOOL], messages: ANSWERED },
  forced_tool: { tools: [TOOL], tool_choice: "required", max_tokens: 60 },
  own_ids_by_text: { tools: [TOOL], messages: ANSWERED, return_token_ids: true },
  echo: { echo: true },
  images_audio: { messages: [{ role: "user", content: [{ type: "input_audio", input_audio: {} }] }] },
  prompt_embeds: { prompt_embeds: "AAAA" },
  thinking_budget: { thinking_token_budget: 5 },
  transfer_params: { kv_transfer_params: { a: 1 } },
};

const engine = await engineForTests();

function bodyOf(route: "chat" | "completion", fields: Fields): string {
  const common = { model: "tiny", stream: true, temperature: 0, max_tokens: 12, ignore_eos: true };
  const own = route === "chat" ? { messages: MESSAGES } : { prompt: "Tell me a story." };
  const more = route === "completion" && fields["logprobs"] === true ? { logprobs: 2 } : fields;
  return JSON.stringify({ ...common, ...own, ...more });
}

async function lostInMidStream(route: "chat" | "completion", fields: Fields, mode: "exact" | "approximate" | "off") {
  let legs = 0;
  const workers = [];
  for (const id of ["a", "b"]) {
    const { origin } = await cuttingWorker(engine, () => (legs++ === 0 ? { kind: "error", bytes: 700 } : undefined));
    workers.push(testWorker(id, origin));
  }
  const gateway = await testGateway({
    fleet: testFleet(workers),
    model: {
      continuation: { mode, maxPerRequest: 3, maxTokens: 1000 },
      controls: { ...CONTROL_DEFAULTS, kvTransferParams: "allow", vllmXargs: "allow" },
    },
  });
  const path = route === "chat" ? CHAT : "/v1/completions";
  const body = bodyOf(route, fields);
  const answer = await call(gateway, { path, body });
  const plain = await call(engine, { path, body });
  return { answer, plain, legs, page: await gateway.metrics.page() };
}

for (const feature of FEATURES) {
  for (const route of ["chat", "completion"] as const) {
    const cell: Exactness | undefined = feature[route];
    if (cell === undefined) continue;
    test(`${feature.name} on ${route}: ${cell}`, async () => {
      const fields = EXAMPLES[feature.name];
      assert.ok(fields, "no example");
      const strict = await lostInMidStream(route, fields, "exact");
      // What the worker itself refuses has nothing to continue.
      if (strict.plain.status !== 200) return assert.equal(strict.answer.status, strict.plain.status);
      const want = takeApart(strict.plain.body);
      if (cell === "exact") return assertSame(takeApart(strict.answer.body), want, feature.name);
      assertCleanError(strict.answer.body);
      assert.match(strict.page, /continuations_denied_total\{model="tiny",reason="\w+"\} 1/);
      const loose = await lostInMidStream(route, fields, "approximate");
      if (cell === "never") {
        assert.equal(loose.legs, 1);
        return assertCleanError(loose.answer.body);
      }
      const got = takeApart(loose.answer.body);
      assert.deepEqual([got.errors, got.roles, got.finishes, got.done], [[], want.roles, ["length"], 1]);
      assert.equal(loose.legs, 2);
    });
  }
}

const OTHER_ROUTES = {
  "/v1/responses": { input: "Tell me a story.", max_output_tokens: 12 },
  "/v1/messages": { messages: MESSAGES, max_tokens: 12 },
} as const;

for (const [path, fields] of Object.entries(OTHER_ROUTES)) {
  test(`a stream of ${path} is not continued, whatever the mode: it ends with the error event of its own API`, async () => {
    let legs = 0;
    const { origin } = await cuttingWorker(engine, () => (legs++ === 0 ? { kind: "fin", bytes: 1200 } : undefined));
    const gateway = await testGateway({
      fleet: testFleet([testWorker("a", origin), testWorker("b", origin)]),
      model: { continuation: { mode: "approximate", maxPerRequest: 3, maxTokens: 1000 } },
    });
    const answer = await call(gateway, {
      path,
      body: JSON.stringify({ model: "tiny", stream: true, temperature: 0, ...fields }),
    });
    assert.deepEqual([answer.status, answer.complete, legs], [200, true, 1]);
    const last = answer.body.trimEnd().split("\n\n").at(-1) ?? "";
    const [name, data] = last.split("\ndata: ");
    assert.equal(name, "event: error");
    const said = JSON.parse(data ?? "") as { type: string; message?: string; error?: { type: string } };
    assert.equal(said.type, "error");
    if (path === "/v1/messages") assert.equal(said.error?.type, "api_error");
    else assert.match(said.message ?? "", /worker/);
    assert.match(await gateway.metrics.page(), /continuations_denied_total\{model="tiny",reason="route"\} 1/);
  });
}

test("off: no stream is continued, and no ids are asked for", async () => {
  const { answer, legs } = await lostInMidStream("chat", {}, "off");
  assertCleanError(answer.body);
  assert.equal(legs, 1);
});

test("a chat with probabilities goes on with chat's shape of them", async () => {
  const { answer } = await lostInMidStream("chat", { logprobs: true, top_logprobs: 2 }, "approximate");
  const shapes = new Set(
    answer.body
      .split("\n\n")
      .filter((one) => one.includes('"logprobs":{'))
      .map((one) => Object.keys(JSON.parse(one.slice(6)).choices[0].logprobs.content[0]).join(",")),
  );
  assert.deepEqual([...shapes], ["token,logprob,bytes,top_logprobs"]);
});

test("a stream that has shown nothing but its role is sent again as it was", async () => {
  const asked: string[] = [];
  const workers = [];
  for (const id of ["a", "b"]) {
    const { origin } = await cuttingWorker(engine, ({ path }) =>
      asked.push(path) === 1 ? { kind: "error", bytes: 1 } : undefined,
    );
    workers.push(testWorker(id, origin));
  }
  const gateway = await testGateway({
    fleet: testFleet(workers),
    model: { continuation: { mode: "exact", maxPerRequest: 1, maxTokens: 1000 } },
  });
  const body = bodyOf("chat", {});
  const answer = await call(gateway, { body });
  assertSame(takeApart(answer.body), takeApart((await call(engine, { path: CHAT, body })).body), "again");
  assert.deepEqual(asked, [CHAT, CHAT]);
  const receipt = gateway.receipt(String(answer.headers["x-request-id"]));
  assert.deepEqual(
    receipt?.legs.map(({ failure, continuedAt }) => [failure, continuedAt]),
    [
      ["engine", undefined],
      [null, 0],
    ],
  );
});

/** One error event, then the end: no client takes it for a whole answer. */
function assertCleanError(body: string): void {
  const { errors, done, finishes } = takeApart(body);
  assert.deepEqual([errors.length, done, finishes], [1, 1, []]);
}
