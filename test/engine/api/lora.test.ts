// LoRA on the simulated engine: what vLLM's server says of adapters, and that adapters share no cache.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { parseKvEventsConfig } from "../../../src/engine/index.ts";
import type { KvEvent } from "../../../src/vllm/index.ts";
import { engineUnderTest, wait } from "./engine-under-test.ts";

const PROMPT = "A prompt that is long enough to fill several blocks of the cache. ".repeat(20);
const greedy = { prompt: PROMPT, max_tokens: 8, temperature: 0, ignore_eos: true };

interface Completion {
  readonly model: string;
  readonly choices: readonly { readonly text: string }[];
  readonly usage: { readonly prompt_tokens_details: { readonly cached_tokens: number } | null };
}

interface Listing {
  readonly data: readonly { readonly id: string; readonly root: string; readonly parent: string | null }[];
}

describe("an engine with adapters that clients may change", () => {
  const engine = engineUnderTest({
    lora: { maxLoras: 4, modules: [{ name: "sql", path: "/adapters/sql" }] },
    loraUpdates: true,
    kvEvents: parseKvEventsConfig('{"enable_kv_cache_events":true,"endpoint":"tcp://127.0.0.1:*"}'),
  });

  async function complete(model: string): Promise<Completion> {
    const answer = await engine.post("/v1/completions", { ...greedy, model });
    assert.equal(answer.status, 200);
    return (await answer.json()) as Completion;
  }

  async function cards(): Promise<Listing["data"]> {
    return ((await (await engine.get("/v1/models")).json()) as Listing).data;
  }

  async function refused(path: string, body: object): Promise<[number, unknown]> {
    const answer = await engine.post(path, body);
    return [answer.status, ((await answer.json()) as { error: unknown }).error];
  }

  test("/v1/models lists the model and its adapters, with path and parent", async () => {
    const shown = (await cards()).slice(0, 2).map(({ id, root, parent }) => [id, root, parent]);
    assert.deepEqual(shown, [
      ["tiny", "tiny", null],
      ["sql", "/adapters/sql", "tiny"],
    ]);
  });

  test("an adapter answers under its own name, and not as the model does", async () => {
    const [base, adapter, again] = [await complete("tiny"), await complete("sql"), await complete("sql")];
    assert.deepEqual([base.model, adapter.model], ["tiny", "sql"]);
    assert.notEqual(base.choices[0]?.text, adapter.choices[0]?.text);
    assert.equal(again.choices[0]?.text, adapter.choices[0]?.text);
  });

  test("two adapters share no cached block", async () => {
    await engine.post("/v1/load_lora_adapter", { lora_name: "other", lora_path: "/adapters/other" });
    await complete("sql");
    assert.ok(((await complete("sql")).usage.prompt_tokens_details?.cached_tokens ?? 0) > 0);
    assert.equal((await complete("other")).usage.prompt_tokens_details?.cached_tokens, 0);
  });

  test("KV events name the adapter of a block", async () => {
    const events: KvEvent[] = [];
    const stop = engine.server.live.onStep((step) => void events.push(...step.events));
    await engine.post("/v1/completions", { ...greedy, prompt: `Another one. ${PROMPT}`, model: "sql" });
    stop();
    const stored = events.find((one) => one.kind === "stored");
    assert.ok(stored);
    assert.deepEqual([stored.loraName, stored.extraKeys?.[0]], ["sql", ["sql"]]);
  });

  test("adapters are loaded and unloaded, with vLLM's words for what cannot be", async () => {
    const load = (body: object) => engine.post("/v1/load_lora_adapter", body);
    const unload = (body: object) => engine.post("/v1/unload_lora_adapter", body);
    const loaded = await load({ lora_name: "fresh", lora_path: "/p" });
    assert.deepEqual([loaded.status, await loaded.text()], [200, "Success: LoRA adapter 'fresh' added successfully."]);
    assert.deepEqual(await refused("/v1/load_lora_adapter", { lora_name: "fresh", lora_path: "/p" }), [
      400,
      {
        message:
          "The lora adapter 'fresh' has already been loaded. If you want to load the adapter in place, set 'load_inplace' to True.",
        type: "InvalidUserInput",
        param: null,
        code: 400,
      },
    ]);
    assert.equal((await load({ lora_name: "fresh", lora_path: "/q", load_inplace: true })).status, 200);
    assert.equal((await cards()).find(({ id }) => id === "fresh")?.root, "/q");
    const unloaded = await unload({ lora_name: "fresh" });
    assert.deepEqual(
      [unloaded.status, await unloaded.text()],
      [200, "Success: LoRA adapter 'fresh' removed successfully."],
    );
    const [status, error] = await refused("/v1/unload_lora_adapter", { lora_name: "fresh" });
    assert.deepEqual(
      [status, error],
      [404, { message: "The lora adapter 'fresh' cannot be found.", type: "NotFoundError", param: null, code: 404 }],
    );
    assert.equal((await engine.post("/v1/completions", { ...greedy, model: "fresh" })).status, 404);
    assert.equal((await refused("/v1/load_lora_adapter", { lora_name: "", lora_path: "" }))[0], 400);
    assert.equal((await refused("/v1/load_lora_adapter", { lora_name: 7 }))[0], 400);
    assert.equal((await refused("/v1/unload_lora_adapter", { lora_name: "" }))[0], 400);
  });

  test("the metrics name the adapters that have requests, and how many may run", async () => {
    await complete("sql");
    const page = await (await engine.get("/metrics")).text();
    const line = 'vllm:lora_requests_info{max_lora="4",running_lora_adapters="sql",waiting_lora_adapters="sql"} ';
    assert.ok(page.includes(`\n${line}`), /vllm:lora.*/.exec(page)?.[0] ?? "no such line");
    assert.ok(
      page.includes('{max_lora="4",running_lora_adapters="",waiting_lora_adapters=""} '),
      "none when all is done",
    );
  });
});

describe("an engine whose adapters stay as they are", () => {
  const engine = engineUnderTest({ lora: { maxLoras: 1, modules: [] } });

  test("the paths to change them do not exist", async () => {
    for (const path of ["/v1/load_lora_adapter", "/v1/unload_lora_adapter"])
      assert.equal((await engine.post(path, { lora_name: "a", lora_path: "/p" })).status, 404);
  });
});

describe("an engine for one adapter at a time", () => {
  const modules = ["sql", "law"].map((name) => ({ name, path: `/adapters/${name}` }));
  const engine = engineUnderTest({ lora: { maxLoras: 1, modules } });

  test("a request for the second adapter waits while one for the first runs, and is counted as deferred", async () => {
    const { live } = engine.server;
    const seen: (number | undefined)[][] = [];
    const stop = live.onStep(() => {
      const { running, waiting, deferred } = live.stats();
      seen.push([running, waiting, deferred]);
    });
    live.pause();
    const ask = async (model: string) =>
      (await engine.post("/v1/completions", { ...greedy, model, prompt: "Short." })).status;
    const answers = ["sql", "law"].map(ask);
    await wait(() => live.stats().waiting === 2);
    live.resume();
    assert.deepEqual(await Promise.all(answers), [200, 200]);
    stop();
    assert.deepEqual(
      [seen[0], seen.at(-1)],
      [
        [1, 1, 1],
        [0, 0, 0],
      ],
    );
  });
});

describe("an engine without LoRA", () => {
  const engine = engineUnderTest({ loraUpdates: true });

  test("no adapter can be loaded, and no metric tells of adapters", async () => {
    const answer = await engine.post("/v1/load_lora_adapter", { lora_name: "a", lora_path: "/p" });
    assert.equal(answer.status, 500);
    assert.match(
      await answer.text(),
      /Worker failed with error 'LoRA is not enabled\. Use --enable-lora to enable LoRA\.'/,
    );
    await engine.post("/v1/completions", { ...greedy, model: "tiny" });
    assert.ok(!(await (await engine.get("/metrics")).text()).includes("lora_requests_info"));
  });
});
