// What usage says of the prefix cache: reuse by block, isolation by salt, resets.
import assert from "node:assert/strict";
import { bodyOf, eventsOf } from "../answer.ts";
import { exchange } from "../http.ts";
import { chat, CHAT, completion, COMPLETIONS, WITH_USAGE } from "../probes/requests.ts";
import { BLOCK_SIZE, type Case, type Target } from "../target.ts";

let drawn = 0;

/** Ids that no other case has used. */
export function freshIds(length: number): number[] {
  drawn += 1;
  return Array.from({ length }, (_, i) => 1000 + drawn * 131 + ((i * 7919 + drawn * 13) % 40_000));
}

export async function cachedTokens(target: Target, prompt: readonly number[], more: object = {}): Promise<number> {
  const answer = await exchange(target.url, {
    path: COMPLETIONS,
    body: completion({ prompt, max_tokens: 1, ...more }),
  });
  return bodyOf(answer).at("usage", "prompt_tokens_details", "cached_tokens").number();
}

function caching(name: string, run: (target: Target) => Promise<void>): Case {
  return { topic: "prefix cache", name, run };
}

export const prefixCacheCases: readonly Case[] = [
  caching("full blocks are reused, the rest is computed", async (target) => {
    const prompt = freshIds(3 * BLOCK_SIZE + 5);
    assert.equal(await cachedTokens(target, prompt), 0);
    assert.equal(await cachedTokens(target, prompt), 3 * BLOCK_SIZE);
    assert.equal(await cachedTokens(target, [...prompt.slice(0, 2 * BLOCK_SIZE), ...freshIds(40)]), 2 * BLOCK_SIZE);
  }),
  caching("a prompt of full blocks computes its last one", async (target) => {
    const prompt = freshIds(2 * BLOCK_SIZE);
    await cachedTokens(target, prompt);
    assert.equal(await cachedTokens(target, prompt), BLOCK_SIZE);
  }),
  caching("output is reused as well", async (target) => {
    const prompt = freshIds(BLOCK_SIZE);
    const body = completion({ prompt, max_tokens: BLOCK_SIZE + 1, return_token_ids: true });
    const answer = bodyOf(await exchange(target.url, { path: COMPLETIONS, body }));
    const output = answer
      .at("choices", 0, "token_ids")
      .list()
      .map((id) => id.number());
    assert.equal(await cachedTokens(target, [...prompt, ...output, 1000]), 2 * BLOCK_SIZE);
  }),
  caching("salts are apart", async (target) => {
    const prompt = freshIds(2 * BLOCK_SIZE + 1);
    assert.equal(await cachedTokens(target, prompt, { cache_salt: "a" }), 0);
    assert.equal(await cachedTokens(target, prompt, { cache_salt: "a" }), 2 * BLOCK_SIZE);
    assert.equal(await cachedTokens(target, prompt, { cache_salt: "b" }), 0);
    assert.equal(await cachedTokens(target, prompt), 0);
  }),
  caching("a stream says it too, asked for or not by our count", async (target) => {
    const prompt = freshIds(2 * BLOCK_SIZE + 1);
    await cachedTokens(target, prompt);
    const body = completion({ prompt, max_tokens: 1, ...WITH_USAGE });
    const events = eventsOf(await exchange(target.url, { path: COMPLETIONS, body }));
    assert.equal(events.at(-1)?.at("usage", "prompt_tokens_details", "cached_tokens").value, 2 * BLOCK_SIZE);
  }),
  caching("chat tells what was created", async (target) => {
    const content = freshIds(90).join(" ");
    const ask = { path: CHAT, body: chat({ messages: [{ role: "user", content }], max_tokens: 1 }) };
    const details = async () => bodyOf(await exchange(target.url, ask)).at("usage", "prompt_tokens_details");
    const first = await details();
    const second = await details();
    assert.equal(first.at("cached_tokens").value, 0);
    assert.ok(first.at("created_cache_tokens").number() > 0);
    assert.equal(second.at("cached_tokens").value, first.at("created_cache_tokens").value);
    assert.equal(second.at("created_cache_tokens").value, 0);
  }),
  caching("prompt_logprobs read no cache", async (target) => {
    const prompt = freshIds(2 * BLOCK_SIZE + 1);
    await cachedTokens(target, prompt);
    assert.equal(await cachedTokens(target, prompt, { prompt_logprobs: 0 }), 0);
  }),
  caching("reset_prefix_cache empties it", async (target) => {
    const prompt = freshIds(2 * BLOCK_SIZE + 1);
    await cachedTokens(target, prompt);
    await exchange(target.engineUrl, { path: "/reset_prefix_cache", method: "POST" });
    assert.equal(await cachedTokens(target, prompt), 0);
  }),
];
