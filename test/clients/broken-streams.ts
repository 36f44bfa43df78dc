// What a library tells its user when the worker is lost amid a stream: the gateway ends it with the error of that API.
import assert from "node:assert/strict";
import Anthropic, { APIError as AnthropicError } from "@anthropic-ai/sdk";
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { streamText } from "ai";
import OpenAI, { APIError as OpenAIError } from "openai";
import { exchange } from "../conformance/http.ts";
import { type Case, MODEL, type Target } from "../conformance/target.ts";
import { all, EXACT, MESSAGES } from "./client-case.ts";

const ASK = { ...EXACT, messages: MESSAGES, max_tokens: 40 };
/** In the words of the gateway, or of the connection. */
const LOST = /worker|closed/i;

async function openai({ url }: Target): Promise<void> {
  const client = new OpenAI({ baseURL: `${url}/v1`, apiKey: "unused", maxRetries: 0 });
  const stream = await client.chat.completions.create({ ...ASK, stream: true });
  await assert.rejects(all(stream), (thrown) => {
    assert.ok(thrown instanceof OpenAIError, String(thrown));
    assert.match(thrown.message, LOST);
    return true;
  });
}

async function anthropic({ url }: Target): Promise<void> {
  const client = new Anthropic({ baseURL: url, apiKey: "unused", maxRetries: 0 });
  // Greedy: a sampled answer may end by chance before the connection does.
  const greedy = { temperature: 0 };
  const stream = client.messages.stream({ model: MODEL, messages: MESSAGES, max_tokens: 40, ...greedy });
  await assert.rejects(stream.finalMessage(), (thrown) => {
    assert.ok(thrown instanceof AnthropicError, String(thrown));
    assert.match(thrown.message, LOST);
    return true;
  });
}

async function aiSdk({ url }: Target): Promise<void> {
  const provider = createOpenAICompatible({ name: "vllm", baseURL: `${url}/v1` });
  const errors: unknown[] = [];
  const onError = ({ error }: { error: unknown }): void => void errors.push(error);
  const settings = { model: provider(MODEL), maxOutputTokens: 40, temperature: 0, maxRetries: 0 };
  const result = streamText({ ...settings, prompt: "Say hi", onError });
  await all(result.textStream);
  assert.match(JSON.stringify(errors.map((error) => (error instanceof Error ? error.message : error))), LOST);
}

const RUNS = { "OpenAI SDK for Node": openai, "Anthropic SDK": anthropic, "AI SDK": aiSdk };

export const brokenStreamCases: readonly Case[] = Object.entries(RUNS).map(([topic, run]) => ({
  topic,
  name: "a worker lost amid a stream is an error of the library",
  skip: ({ real, gateway }) => {
    if (real) return "a fault on request: the simulated engine's; see an engine's end";
    return gateway === undefined ? "an engine that is gone says nothing" : undefined;
  },
  async run(target) {
    await faults(target, { close: { afterChunks: 6 } });
    try {
      await run(target);
    } finally {
      await faults(target, {});
    }
  },
}));

async function faults({ engineUrl }: Target, body: object): Promise<void> {
  assert.equal((await exchange(engineUrl, { path: "/_sim/faults", body })).status, 200);
}
