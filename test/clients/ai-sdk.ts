// The AI SDK with its providers for OpenAI and for servers like vLLM, unmodified.
import assert from "node:assert/strict";
import { createOpenAI } from "@ai-sdk/openai";
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { APICallError, generateObject, generateText, type LanguageModel, streamText, type Tool, tool } from "ai";
import { z } from "zod";
import { END, logit_bias } from "../conformance/probes/tools.ts";
import { MODEL, type Target } from "../conformance/target.ts";
import { all, clientCases, leaves, LONG } from "./client-case.ts";
import { retriesUntilServed } from "./retries.ts";

// It would say on stderr what a provider cannot do.
Object.assign(globalThis, { AI_SDK_LOG_WARNINGS: false });

type Fetch = typeof fetch;

function compatible({ url }: Pick<Target, "url">, fetched: Fetch = fetch): LanguageModel {
  const provider = createOpenAICompatible({
    name: "vllm",
    baseURL: `${url}/v1`,
    includeUsage: true,
    supportsStructuredOutputs: true,
    fetch: fetched,
  });
  return provider(MODEL);
}

function openai({ url }: Pick<Target, "url">): LanguageModel {
  return createOpenAI({ baseURL: `${url}/v1`, apiKey: "unused" })(MODEL);
}

const FORMAT = z.object({ a: z.boolean(), unit: z.enum(["c", "f"]) });
const ASK = { prompt: "Say hi", temperature: 0, maxRetries: 0 };
/** The provider sends what it does not know as it stands. */
const exact = { ...ASK, maxOutputTokens: 4, providerOptions: { vllm: { ignore_eos: true } } };
const guided = (more: object = {}) => ({
  ...ASK,
  maxOutputTokens: 100,
  providerOptions: { vllm: { logit_bias: { ...logit_bias }, ...more } },
});
// The library's types are not made for `exactOptionalPropertyTypes`.
const tools = { f: tool({ description: "d", inputSchema: FORMAT, strict: true }) as Tool };
const toolChoice = { type: "tool" as const, toolName: "f" as const };

export const aiSdkCases = [
  ...clientCases("AI SDK", {
    generateText: async (target) => {
      const { text, finishReason, usage } = await generateText({ ...exact, model: compatible(target) });
      assert.ok(text);
      assert.equal(finishReason, "length");
      assert.equal(usage.outputTokens, 4);
    },
    streamText: async (target) => {
      const result = streamText({ ...exact, model: compatible(target) });
      const pieces = await all(result.textStream);
      assert.equal(await result.finishReason, "length");
      assert.equal((await result.usage).outputTokens, 4);
      const whole = await generateText({ ...exact, model: compatible(target) });
      assert.equal(pieces.join(""), whole.text);
    },
    "generateObject by a zod schema": async (target) => {
      const { object } = await generateObject({ ...guided(END), model: compatible(target), schema: FORMAT });
      assert.equal(typeof object.a, "boolean");
    },
    "generateText with tools": async (target) => {
      const { toolCalls } = await generateText({ ...guided(), model: compatible(target), tools, toolChoice });
      assert.equal(toolCalls[0]?.toolName, "f");
      FORMAT.parse(toolCalls[0]?.input);
    },
    "streamText with tools": async (target) => {
      const { toolCalls } = streamText({ ...guided(), model: compatible(target), tools, toolChoice });
      FORMAT.parse((await toolCalls)[0]?.input);
    },
    "generateText of the OpenAI provider (/v1/responses)": async (target) => {
      const { usage } = await generateText({ ...ASK, maxOutputTokens: 16, model: openai(target) });
      assert.equal(usage.outputTokens, 16);
    },
    "abort of a stream frees the engine": (target) =>
      leaves(
        target,
        async (abortSignal) => {
          const errors: unknown[] = [];
          const result = streamText({
            ...exact,
            maxOutputTokens: LONG,
            model: compatible(target),
            abortSignal,
            onError: ({ error }) => void errors.push(error),
          });
          const parts = (await all(result.stream)).map(({ type }) => type);
          assert.equal(parts.at(-1), "abort", `${parts.at(-1)}`);
          throw new DOMException("left", "AbortError");
        },
        (thrown) => thrown instanceof DOMException && thrown.name === "AbortError",
      ),
    "abort of a whole answer frees the engine": (target) =>
      leaves(
        target,
        (abortSignal) => generateText({ ...exact, maxOutputTokens: LONG, model: compatible(target), abortSignal }),
        (thrown) => thrown instanceof DOMException && thrown.name === "AbortError",
      ),
    "a refused request is an APICallError": (target) =>
      assert.rejects(generateText({ ...exact, temperature: -1, model: compatible(target) }), (thrown) => {
        assert.ok(APICallError.isInstance(thrown), String(thrown));
        assert.equal(thrown.statusCode, 400);
        assert.equal(thrown.isRetryable, false);
        assert.match(thrown.message, /temperature/);
        return true;
      }),
  }),
  ...retriesUntilServed("AI SDK", (target, fetched) =>
    generateText({ ...exact, maxRetries: 3, model: compatible(target, fetched) }),
  ),
];
