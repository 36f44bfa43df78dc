// KV transfers of simulated engines on the wire: real vLLM's field shapes, leases, stale parameters, failures, metrics.
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { wait } from "../api/engine-under-test.ts";
import { ASK, metric, pdEngine, post, prompt } from "./pd-engines.ts";

const RECORDED = "/work/shared/data/vllm-fixtures/bodies/pd_prefill.http";

test("a prompt is computed at one engine and decoded at another: text and usage of one vLLM, KV counted as transferred", async () => {
  const [producer, consumer, alone] = [await pdEngine({}), await pdEngine({}), await pdEngine({})];
  const asked = prompt(60);
  const expected = await post(alone, { ...asked, max_tokens: 8 });
  const prefill = await post(producer, { ...asked, max_tokens: 1, kv_transfer_params: ASK });
  assert.equal(prefill.status, 200);
  assert.equal(producer.transfer?.record.failures, 0);
  const params = prefill.body.kv_transfer_params;
  assert.ok(params);
  const decode = await post(consumer, { ...asked, max_tokens: 8, kv_transfer_params: params });
  assert.equal(decode.status, 200);
  assert.equal(decode.body.choices[0]?.message?.content, expected.body.choices[0]?.message?.content);
  assert.equal(decode.body.usage.prompt_tokens_details.cached_tokens, 0);
  assert.equal(decode.body.id, "chatcmpl-pd-1");
  const tokens = decode.body.usage.prompt_tokens;
  assert.equal(
    await metric(consumer, 'vllm:prompt_tokens_by_source_total{engine="0",model_name="tiny",source="external_kv'),
    tokens,
  );
  assert.equal(
    await metric(consumer, 'vllm:prompt_tokens_by_source_total{engine="0",model_name="tiny",source="local_compute'),
    0,
  );
  assert.equal(await metric(consumer, "vllm:nixl_xfer_time_seconds_count"), 1);
  assert.ok((await metric(consumer, "vllm:nixl_bytes_transferred_sum")) >= tokens * 1000);
  await wait(() => producer.live.stats().kvUsage === 0);
});

test(
  "the fields of the prefill answer are those of a recorded vLLM 0.32",
  { skip: !existsSync(RECORDED) },
  async () => {
    const text = readFileSync(RECORDED, "utf8");
    const recorded = JSON.parse(text.slice(text.indexOf("{"))) as { kv_transfer_params: Record<string, unknown> };
    const producer = await pdEngine({});
    const answer = await post(producer, { ...prompt(20), max_tokens: 1, kv_transfer_params: ASK });
    const shape = (params: object): string[] => Object.entries(params).map(([name, value]) => `${name} ${kind(value)}`);
    assert.deepEqual(shape(answer.body.kv_transfer_params ?? {}), shape(recorded.kv_transfer_params));
  },
);

function kind(value: unknown): string {
  return Array.isArray(value) ? `[${kind(value[0])}]` : value === null ? "null" : typeof value;
}

test("parameters used a second time answer 200 on freed blocks: another text, counted as a transfer", async () => {
  const [producer, consumer] = [await pdEngine({}), await pdEngine({})];
  const asked = prompt(60, "green");
  const { body } = await post(producer, { ...asked, max_tokens: 1, kv_transfer_params: ASK });
  const params = body.kv_transfer_params;
  const first = await post(consumer, { ...asked, max_tokens: 8, kv_transfer_params: params });
  await wait(() => producer.live.stats().kvUsage === 0);
  const again = await post(consumer, { ...asked, max_tokens: 8, kv_transfer_params: params });
  assert.equal(again.status, 200);
  assert.notEqual(again.body.choices[0]?.message?.content, first.body.choices[0]?.message?.content);
  assert.equal(await metric(consumer, "vllm:nixl_xfer_time_seconds_count"), 2);
  assert.equal(await metric(producer, "vllm:nixl_num_notifications_after_expiry_total"), 1);
});

test("an unclaimed lease runs out: the blocks are free and it is counted", async () => {
  const producer = await pdEngine({ kv_connector_extra_config: { kv_lease_duration: 0.05 } });
  await post(producer, { ...prompt(60), max_tokens: 1, kv_transfer_params: ASK });
  await wait(() => producer.live.stats().kvUsage === 0);
  assert.equal(await metric(producer, "vllm:nixl_num_kv_expired_reqs_total"), 1);
});

for (const [policy, status] of [
  ["fail", 500],
  ["recompute", 200],
] as const) {
  test(`a producer that is not there: kv_load_failure_policy ${policy} ends in ${status}`, async () => {
    const [producer, consumer] = [await pdEngine({}), await pdEngine({ kv_load_failure_policy: policy })];
    const { body } = await post(producer, { ...prompt(60), max_tokens: 1, kv_transfer_params: ASK });
    await producer.close();
    const answer = await post(consumer, { ...prompt(60), max_tokens: 4, kv_transfer_params: body.kv_transfer_params });
    assert.equal(answer.status, status);
    if (status === 500) assert.equal(answer.body.error?.message, "Internal server error");
    assert.equal(await metric(consumer, "vllm:nixl_num_failed_transfers_total"), 1);
    assert.equal(consumer.live.stats().kvUsage, 0);
  });
}

test("a producer that was started anew, or serves another model, is refused by the handshake", async () => {
  const producer = await pdEngine({});
  const consumer = await pdEngine({}, { profile: "llama-3.1-8b-h100-tp1-bf16" });
  const { body } = await post(producer, { ...prompt(60), max_tokens: 1, kv_transfer_params: ASK });
  const params = body.kv_transfer_params ?? {};
  assert.equal((await post(consumer, { ...prompt(60), max_tokens: 4, kv_transfer_params: params })).status, 500);
  const same = await pdEngine({});
  const other = { ...params, remote_engine_id: "another life" };
  assert.equal((await post(same, { ...prompt(60), max_tokens: 4, kv_transfer_params: other })).status, 500);
});

test("roles: a consumer keeps nothing, a producer pulls nothing, an engine without connector ignores both", async () => {
  const [producer, consumer, plain] = [
    await pdEngine({ kv_role: "kv_producer" }),
    await pdEngine({ kv_role: "kv_consumer" }),
    await pdEngine({}, { kvTransfer: undefined }),
  ];
  const ask = { ...prompt(60), max_tokens: 1, kv_transfer_params: ASK };
  assert.equal((await post(consumer, ask)).body.kv_transfer_params, null);
  assert.equal((await post(plain, ask)).body.kv_transfer_params, null);
  const { kv_transfer_params: params } = (await post(producer, ask)).body;
  const decode = { ...prompt(60), max_tokens: 4, kv_transfer_params: params };
  assert.equal((await post(producer, decode)).status, 200);
  assert.equal(producer.live.stats().kvUsage > 0, true, "still kept");
  assert.equal((await post(consumer, decode)).status, 200);
  assert.equal(await metric(consumer, "vllm:nixl_xfer_time_seconds_count"), 1);
});

test("a client that leaves the decode leg before its prompt has come sets the producer's blocks free", async () => {
  const slow = { kv_connector_extra_config: { simulated_link: { bytes_per_second: 1000, latency_ms: 1 } } };
  const [producer, consumer] = [await pdEngine({}), await pdEngine(slow, { speed: 1 })];
  const { body } = await post(producer, { ...prompt(60), max_tokens: 1, kv_transfer_params: ASK });
  assert.ok(producer.live.stats().kvUsage > 0);
  const leave = new AbortController();
  const decode = { ...prompt(60), max_tokens: 4, kv_transfer_params: body.kv_transfer_params };
  const gone = post(consumer, decode, leave.signal).catch(() => "left");
  await wait(() => consumer.live.stats().kvUsage > 0);
  leave.abort();
  assert.equal(await gone, "left");
  await wait(() => producer.live.stats().kvUsage === 0);
  await wait(() => consumer.live.stats().kvUsage === 0);
});

test("Mooncake: the producer tells nothing, the consumer finds it by its bootstrap server", async () => {
  const mooncake = { kv_connector: "MooncakeConnector" };
  const producer = await pdEngine({ ...mooncake, kv_role: "kv_producer", engine_id: "p-engine" });
  const consumer = await pdEngine({ ...mooncake, kv_role: "kv_consumer" });
  const asked = prompt(60);
  const ask = { do_remote_decode: true, do_remote_prefill: false, transfer_id: "xfer-1" };
  const prefill = await post(producer, { ...asked, max_tokens: 1, kv_transfer_params: ask });
  assert.equal(prefill.body.kv_transfer_params, null);
  const bootstrap = `http://127.0.0.1:${producer.transfer?.bootstrapPort}`;
  const told = (await (await fetch(`${bootstrap}/query`)).json()) as Record<string, { engine_id: string }>;
  assert.equal(told["0"]?.engine_id, "p-engine");
  const params = {
    do_remote_decode: false,
    do_remote_prefill: true,
    remote_bootstrap_addr: bootstrap,
    remote_engine_id: "p-engine",
    transfer_id: "xfer-1",
  };
  const decode = { ...asked, max_tokens: 6, kv_transfer_params: params };
  assert.equal((await post(consumer, decode)).status, 200);
  assert.ok(
    (await metric(consumer, 'vllm:prompt_tokens_by_source_total{engine="0",model_name="tiny",source="external_kv')) > 0,
  );
  assert.equal((await post(consumer, decode)).status, 500, "what is not kept is not written");
});
