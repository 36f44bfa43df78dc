// Requests that two workers serve: the client sees what one vLLM would have sent; each leg's fields; who is never paired.
import assert from "node:assert/strict";
import { test } from "node:test";
import { startEngineServer, parseKvTransferConfig } from "../../../src/engine/index.ts";
import { pairRuleOf } from "../../../src/routing/index.ts";
import { call, chat, eventually, testFleet, testGateway, testWorker } from "../harness.ts";
import { aloneSays, pdGateway, plain, SETTINGS } from "./pd-gateway.ts";

const LONG = "a long prompt about foxes ".repeat(30);
const ask = (more: Record<string, unknown> = {}): string =>
  chat({ messages: [{ role: "user", content: LONG }], temperature: 0, max_tokens: 12, ...more });

const REQUESTS: readonly (readonly [string, string, string?])[] = [
  ["a whole answer", ask()],
  ["a stream", ask({ stream: true })],
  ["a stream with usage", ask({ stream: true, stream_options: { include_usage: true } })],
  ["logprobs", ask({ logprobs: true, top_logprobs: 2, stream: true })],
  ["token ids", ask({ return_token_ids: true })],
  ["min_tokens and max_completion_tokens", ask({ min_tokens: 4, max_tokens: undefined, max_completion_tokens: 9 })],
  [
    "tools",
    ask({
      tools: [{ type: "function", function: { name: "f", parameters: { type: "object" } } }],
      tool_choice: "required",
    }),
  ],
  ["a completion", JSON.stringify({ model: "tiny", prompt: LONG, temperature: 0, max_tokens: 9 }), "/v1/completions"],
  [
    "a streamed completion with usage",
    JSON.stringify({
      model: "tiny",
      prompt: LONG,
      temperature: 0,
      max_tokens: 9,
      stream: true,
      stream_options: { include_usage: true },
    }),
    "/v1/completions",
  ],
  [
    "a completion of token ids",
    JSON.stringify({
      model: "tiny",
      prompt: Array.from({ length: 80 }, (_, i) => 300 + i),
      temperature: 0,
      max_tokens: 5,
    }),
    "/v1/completions",
  ],
];

for (const [name, body, path = "/v1/chat/completions"] of REQUESTS) {
  test(`${name}: the client gets what one vLLM would have sent`, async () => {
    const { gateway, prefill, decode } = await pdGateway();
    const expected = await aloneSays(body, path);
    const answer = await call(gateway, { path, body });
    assert.equal(answer.status, 200);
    assert.equal(plain(answer.body), plain(expected));
    const [first, second] = [prefill[0]?.asked[0], decode[0]?.asked[0]];
    assert.deepEqual([prefill[0]?.asked.length, decode[0]?.asked.length], [1, 1]);
    assert.equal(first?.headers["x-request-id"], second?.headers["x-request-id"]);
    const id = String(first?.headers["x-request-id"]);
    assert.match(answer.body, new RegExp(`"id":"(chatcmpl|cmpl)-${id}`));
    assert.equal(first?.body["stream"], false);
    assert.equal(first?.body["max_tokens"], 1);
    for (const gone of ["stream_options", "min_tokens"]) assert.equal(gone in (first?.body ?? {}), false, gone);
    assert.deepEqual(first?.body["kv_transfer_params"], {
      do_remote_decode: true,
      do_remote_prefill: false,
      remote_engine_id: null,
      remote_block_ids: null,
      remote_host: null,
      remote_port: null,
    });
    const { kv_transfer_params: params, ...rest } = second?.body ?? {};
    const own = JSON.parse(body) as Record<string, unknown>;
    // Streams are asked for usage by the gateway in any case.
    assert.deepEqual(rest, own["stream"] === true ? { ...own, stream_options: { include_usage: true } } : own);
    assert.equal((params as { remote_num_tokens: number }).remote_num_tokens > 50, true);
    await eventually(() => prefill[0]?.engine.live.stats().kvUsage === 0, "its blocks were pulled and are free");
  });
}

test("a body without messages is refused as one vLLM would refuse it", async () => {
  const { gateway } = await pdGateway();
  const body = JSON.stringify({ model: "tiny", stream: true });
  const expected = await aloneSays(body, "/v1/chat/completions");
  assert.match(expected, /<dict of 2 items>/);
  assert.equal((await call(gateway, { body })).body, expected);
});

test("cached tokens are those that the prefill worker found", async () => {
  const { gateway, decode } = await pdGateway();
  await call(gateway, { body: ask() });
  const again = JSON.parse((await call(gateway, { body: ask() })).body) as Usage;
  assert.ok(again.usage.prompt_tokens_details.cached_tokens > 0);
  const alone = await startEngineServer({ port: 0, servedModelNames: ["tiny"], speed: 1000, seed: 7 });
  const post = async (): Promise<Usage> =>
    (await (
      await fetch(`${alone.url}/v1/chat/completions`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: ask(),
      })
    ).json()) as Usage;
  await post();
  assert.deepEqual(again.usage, (await post()).usage);
  await alone.close();
  assert.equal(decode[0]?.asked.length, 2);
});

interface Usage {
  readonly usage: { readonly prompt_tokens_details: { readonly cached_tokens: number } };
}

const WHOLE: readonly (readonly [string, string, string, string?])[] = [
  ["several_choices", "several choices", ask({ n: 2, temperature: 1 })],
  ["one_token", "one token", ask({ max_tokens: 1 })],
  ["prompt_logprobs", "probabilities of the prompt", ask({ prompt_logprobs: 1 })],
  ["echo", "an echo", JSON.stringify({ model: "tiny", prompt: "hello", echo: true, max_tokens: 4 }), "/v1/completions"],
  [
    "several_prompts",
    "several prompts",
    JSON.stringify({ model: "tiny", prompt: ["one", "two"], max_tokens: 4 }),
    "/v1/completions",
  ],
  [
    "several_prompts",
    "lists of ids",
    JSON.stringify({ model: "tiny", prompt: [[300, 301], [302]], max_tokens: 4 }),
    "/v1/completions",
  ],
  ["route", "another route", JSON.stringify({ model: "tiny", input: "hello" }), "/v1/responses"],
];

for (const [reason, name, body, path] of WHOLE) {
  test(`${name}: served by one worker, and the receipt says why`, async () => {
    const { gateway, prefill, decode } = await pdGateway();
    const answer = await call(gateway, { body, ...(path && { path }) });
    assert.equal(answer.status, 200);
    assert.deepEqual([prefill[0]?.asked.length, decode[0]?.asked.length], [0, 1]);
    const receipt = gateway.receipt(String(answer.headers["x-request-id"]));
    assert.deepEqual(
      receipt?.legs.map(({ whole, worker }) => [whole, worker]),
      [[reason, "decode-0"]],
    );
    const page = await gateway.metrics.page();
    assert.match(page, new RegExp(`disaggregated_requests_total\\{[^}]*path="whole",reason="${reason}"\\} 1`));
  });
}

test("the receipt names both legs, why they were chosen, and what both paths would have cost", async () => {
  const { gateway } = await pdGateway();
  const answer = await call(gateway, { body: ask({ stream: true }) });
  const receipt = gateway.receipt(String(answer.headers["x-request-id"]));
  assert.deepEqual(
    receipt?.legs.map(({ part, worker, policy }) => [part, worker, policy]),
    [
      ["prefill", "prefill-0", "pair always"],
      ["decode", "decode-0", "pair always"],
    ],
  );
  assert.match(receipt?.legs[0]?.reason ?? "", /^pair [\d.]+ ms with 1 ms of transfer, one worker [\d.]+ ms$/);
  assert.equal(receipt?.outcome, "ok");
});

for (const [rule, paired] of [
  ["llmd:16", true],
  ["llmd:100000", false],
  ["dynamo:2048:0.7", true],
  ["dynamo:100000:2", false],
  ["never", false],
] as const) {
  test(`rule ${rule}: ${paired ? "two workers" : "one worker"}`, async () => {
    const { gateway, prefill, decode } = await pdGateway({ settings: { rule: pairRuleOf(rule), ruleName: rule } });
    assert.equal((await call(gateway, { body: ask() })).status, 200);
    assert.deepEqual([prefill[0]?.asked.length, decode[0]?.asked.length], [paired ? 1 : 0, 1]);
  });
}

test("the predicted rule splits when the link is fast, and not when the transfer takes longer than the prompt", async () => {
  for (const [transferMs, legs] of [
    [0, 1],
    [100_000, 0],
  ] as const) {
    const rule = pairRuleOf("predicted");
    const { gateway, prefill, decode } = await pdGateway({ settings: { rule, transferMs: () => transferMs } });
    // A prompt would hold up all the answers that run there.
    for (let i = 0; i < 64; i++) decode[0]?.worker.ledger.begin({ promptTokens: 500, cachedTokens: 500 }).firstToken(0);
    assert.equal((await call(gateway, { body: ask() })).status, 200);
    assert.equal(prefill[0]?.asked.length, legs);
  }
});

for (const [name, more] of [
  ["another version", { facts: { version: "0.31.0" } }],
  ["another revision", { labels: { revision: "b" } }],
] as const) {
  test(`workers of ${name} are never paired`, async () => {
    const { gateway, prefill, decode } = await pdGateway();
    const target = prefill[0]?.worker as unknown as { facts: object; labels: object } | undefined;
    assert.ok(target);
    if ("facts" in more) target.facts = { ...target.facts, ...more.facts };
    else target.labels = more.labels;
    assert.equal((await call(gateway, { body: ask() })).status, 200);
    assert.deepEqual([prefill[0]?.asked.length, decode[0]?.asked.length], [0, 1]);
  });
}

test("workers of role both serve pairs and whole requests", async () => {
  const { gateway, prefill, decode } = await pdGateway({ worker: { more: { role: "both" } } });
  assert.equal((await call(gateway, { body: ask() })).status, 200);
  assert.equal((prefill[0]?.asked.length ?? 0) + (decode[0]?.asked.length ?? 0), 1, "without roles nothing is split");
});

test("a prefill worker is not idle until the decode worker has its KV, so that a drain waits for it", async () => {
  const transfer = { kv_connector_extra_config: { simulated_link: { bytes_per_second: 64_000_000, latency_ms: 1 } } };
  const { gateway, prefill, decode } = await pdGateway({ worker: { engine: { speed: 1 }, transfer } });
  const running = (): number => prefill[0]?.worker.ledger.load.decodeRequests ?? 0;
  const answer = call(gateway, { body: ask({ stream: true, max_tokens: 2 }) });
  await eventually(() => decode[0]?.asked.length === 1, "the decode leg is there");
  assert.equal(running(), 1);
  assert.equal((await answer).status, 200);
  assert.equal(running(), 0);
});

test("Mooncake: both legs agree on a name, the engine's id comes from its bootstrap server", async () => {
  const config = (role: string) =>
    parseKvTransferConfig(JSON.stringify({ kv_connector: "MooncakeConnector", kv_role: role }));
  const base = { port: 0, servedModelNames: ["tiny"], speed: 1000, seed: 7 };
  const producer = await startEngineServer({ ...base, kvTransfer: config("kv_producer") });
  const consumer = await startEngineServer({ ...base, kvTransfer: config("kv_consumer") });
  const workers = [
    testWorker("p", producer.url, { role: "prefill" }),
    testWorker("d", consumer.url, { role: "decode" }),
  ];
  const bootstrapPort = producer.transfer?.bootstrapPort ?? 0;
  const gateway = await testGateway({
    fleet: testFleet(workers, ["tiny"]),
    model: { disaggregation: { ...SETTINGS, connector: "mooncake", bootstrapPort } },
  });
  const answer = await call(gateway, { body: ask() });
  assert.equal(plain(answer.body), plain(await aloneSays(ask())));
  assert.equal(consumer.transfer?.record.takeTransfers().length, 1);
  await producer.close();
  await consumer.close();
});
