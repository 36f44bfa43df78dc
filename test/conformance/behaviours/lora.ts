// LoRA adapters: what an engine says of them, how they are loaded and unloaded, and that they share no cache.
import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { realClock } from "../../../src/core/index.ts";
import { hashBlocks } from "../../../src/tokens/index.ts";
import { bodyOf } from "../answer.ts";
import { type Answer, eventually, exchange, open } from "../http.ts";
import { completion, COMPLETIONS } from "../probes/requests.ts";
import type { EngineVariant } from "../start-targets.ts";
import { BLOCK_SIZE, type Case, MODEL, type Target } from "../target.ts";
import { listen } from "./kv-events.ts";
import { cachedTokens, freshIds } from "./prefix-cache.ts";

const ADAPTERS = ["first", "second"] as const;
const BLOCKS = 3;

/** `folder` has an adapter in each of `first` and `second`; a simulated engine reads neither. */
export function withAdapters(folder: string): EngineVariant {
  const modules = ADAPTERS.map((name) => `${name}=${join(folder, name)}`);
  return {
    args: ["--enable-lora", "--max-loras", "2", "--lora-modules", ...modules],
    env: { VLLM_ALLOW_RUNTIME_LORA_UPDATING: "True" },
  };
}

function change(target: Target, what: "load" | "unload", body: object): Promise<Answer> {
  return exchange(target.engineUrl, { path: `/v1/${what}_lora_adapter`, body });
}

async function said(answer: Promise<Answer>, status: number, expected: string): Promise<void> {
  const { status: got, body } = await answer;
  assert.deepEqual([got, body], [status, expected]);
}

function failure(code: number, type: string, message: string): string {
  return JSON.stringify({ error: { message, type, param: null, code } });
}

async function cards(target: Target): Promise<void> {
  const [base, ...adapters] = bodyOf(await exchange(target.engineUrl, { path: "/v1/models" }))
    .at("data")
    .list();
  for (const [place, name] of ADAPTERS.entries()) {
    const card = adapters[place];
    assert.deepEqual(card?.keys(), base?.keys());
    assert.deepEqual([card?.at("id").value, card?.at("parent").value], [name, MODEL]);
    assert.match(card?.at("root").text() ?? "", new RegExp(`/${name}$`));
    assert.equal(card?.at("max_model_len").value, null);
  }
}

async function changes(target: Target, folder: string): Promise<void> {
  const third = { lora_name: "third", lora_path: join(folder, "second") };
  await said(change(target, "load", third), 200, "Success: LoRA adapter 'third' added successfully.");
  const again =
    "The lora adapter 'third' has already been loaded. If you want to load the adapter in place, set 'load_inplace' to True.";
  await said(change(target, "load", third), 400, failure(400, "InvalidUserInput", again));
  const inPlace = change(target, "load", { ...third, load_inplace: true });
  await said(inPlace, 200, "Success: LoRA adapter 'third' added successfully.");
  const gone = { lora_name: "third", lora_int_id: 7 };
  await said(change(target, "unload", gone), 200, "Success: LoRA adapter 'third' removed successfully.");
  const unknown = failure(404, "NotFoundError", "The lora adapter 'third' cannot be found.");
  await said(change(target, "unload", gone), 404, unknown);
}

async function refusals(target: Target, folder: string): Promise<void> {
  const empty = join(folder, "empty");
  mkdirSync(empty, { recursive: true });
  const invalid = (message: string): string => failure(400, "InvalidUserInput", message);
  const none = failure(404, "NotFoundError", "Loading lora third failed: No adapter found for <path>");
  await said(change(target, "load", { lora_name: "third", lora_path: empty }), 404, none);
  const base = { lora_name: MODEL, lora_path: join(folder, "first"), load_inplace: true };
  await said(
    change(target, "load", base),
    400,
    invalid(`The lora adapter '${MODEL}' conflicts with a served base model.`),
  );
  const nameless = invalid("Both 'lora_name' and 'lora_path' must be provided.");
  await said(change(target, "load", { lora_name: "", lora_path: "" }), 400, nameless);
  const unnamed = invalid("'lora_name' needs to be provided to unload a LoRA adapter.");
  await said(change(target, "unload", { lora_name: "" }), 400, unnamed);
  const fault = (type: string, msg: string, input: string): string => {
    const message = `1 validation error:\n  {'type': '${type}', 'loc': 'body.lora_name', 'msg': '${msg}', 'input': '${input}'}`;
    return JSON.stringify({ error: { message, type: "Bad Request", param: "body.lora_name", code: 400 } });
  };
  await said(change(target, "unload", {}), 400, fault("missing", "Field required", "<dict of 0 items>"));
  const text = (input: string): string => fault("string_type", "Input should be a valid string", input);
  await said(change(target, "load", { lora_name: null, lora_path: "x" }), 400, text("None"));
  await said(change(target, "load", { lora_name: 7, lora_path: "x" }), 400, text("7"));
}

async function answers(target: Target): Promise<void> {
  for (const name of ADAPTERS) {
    const body = completion({ model: name, prompt: freshIds(40), max_tokens: 3 });
    const answer = bodyOf(await exchange(target.url, { path: COMPLETIONS, body }));
    assert.equal(answer.at("model").value, name);
    assert.deepEqual(
      [answer.at("usage", "prompt_tokens").value, answer.at("usage", "completion_tokens").value],
      [40, 3],
    );
  }
  const unknown = await exchange(target.url, { path: COMPLETIONS, body: completion({ model: "third" }) });
  assert.equal(unknown.status, 404);
  assert.match(unknown.body, /The model `third` does not exist\./);
}

async function apart(target: Target): Promise<void> {
  const prompt = freshIds(BLOCKS * BLOCK_SIZE + 5);
  for (const expected of [0, BLOCKS * BLOCK_SIZE])
    for (const model of [MODEL, ...ADAPTERS])
      assert.equal(await cachedTokens(target, prompt, { model }), expected, model);
}

/** Its prefix is of its name and its path. */
async function otherPath(target: Target, folder: string): Promise<void> {
  const prompt = freshIds(BLOCKS * BLOCK_SIZE + 5);
  const cached: number[] = [];
  for (const path of ["first", "second", "first"]) {
    await change(target, "load", { lora_name: "third", lora_path: join(folder, path), load_inplace: true });
    cached.push(await cachedTokens(target, prompt, { model: "third" }));
  }
  await change(target, "unload", { lora_name: "third" });
  assert.deepEqual(cached, [0, 0, BLOCKS * BLOCK_SIZE]);
}

async function indexed(target: Target): Promise<void> {
  const { index, feed } = await listen(target);
  try {
    const prompt = freshIds(BLOCKS * BLOCK_SIZE + 5);
    await cachedTokens(target, prompt, { model: "first" });
    const known = (lora: string | undefined): number => {
      const hashes = hashBlocks(Int32Array.from(prompt), BLOCK_SIZE, { model: MODEL, lora });
      return index.overlap(hashes, ["w"], realClock.now())[0] ?? 0;
    };
    await eventually("the index knows the prompt", () => Promise.resolve(known("first") === BLOCKS));
    assert.deepEqual([known("second"), known(undefined)], [0, 0]);
  } finally {
    await feed.close();
  }
}

/** Its last steps have no adapter; while one runs it is told as waiting, too. */
async function told(target: Target): Promise<void> {
  const line = (names: string): RegExp =>
    new RegExp(
      `^vllm:lora_requests_info\\{max_lora="2",running_lora_adapters="${names}",waiting_lora_adapters="${names}"\\} \\d`,
      "m",
    );
  const page = async (): Promise<string> => (await exchange(target.engineUrl, { path: "/metrics" })).body;
  const body = completion({ model: "first", max_tokens: 1500, stream: true });
  const answer = open(target.url, { path: COMPLETIONS, body });
  await eventually("it is told as running", async () => line("first").test(await page()));
  answer.leave();
  await cachedTokens(target, freshIds(5));
  await eventually("none is told", async () => line("").test(await page()));
}

const direct = (target: Target): string | undefined =>
  target.gateway === undefined ? undefined : "the gateway has its own answer, or is not asked";

export function loraCases(folder: string): readonly Case[] {
  const one = (name: string, run: (target: Target) => Promise<void>, skip?: Case["skip"]): Case => {
    return { topic: "LoRA adapters", name, run, skip };
  };
  return [
    one("cards have the model as parent and the path as root", cards, direct),
    one("an adapter answers under its name; an unknown one is 404", answers),
    one("the model and its adapters share no cache", apart),
    one("load, again, in place, unload, again", (target) => changes(target, folder), direct),
    one("what cannot be loaded or unloaded", (target) => refusals(target, folder), direct),
    one("the same name from another path is another prefix", (target) => otherPath(target, folder), direct),
    one("KV events name the adapter", indexed, direct),
    one("vllm:lora_requests_info names the adapters with requests", told, direct),
  ];
}
