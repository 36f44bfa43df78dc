// The OpenAI SDK for Node, unmodified.
import assert from "node:assert/strict";
import OpenAI, {
  APIConnectionTimeoutError,
  APIUserAbortError,
  BadRequestError,
  NotFoundError,
  UnprocessableEntityError,
} from "openai";
import { zodResponseFormat } from "openai/helpers/zod";
import { z } from "zod";
import { assertFits, END, logit_bias, NAMED, TOOL } from "../conformance/probes/tools.ts";
import { MODEL, type Target } from "../conformance/target.ts";
import { running } from "../conformance/worker-metrics.ts";
import { all, clientCases, EXACT, leaves, LONG, MESSAGES } from "./client-case.ts";
import { retriesUntilServed } from "./retries.ts";

function client({ url }: Pick<Target, "url">, options: object = {}): OpenAI {
  return new OpenAI({ baseURL: `${url}/v1`, apiKey: "unused", maxRetries: 0, ...options });
}

const CHAT = { ...EXACT, messages: MESSAGES, max_tokens: 4 };
const GUIDED = { model: MODEL, temperature: 0, messages: MESSAGES, max_tokens: 100, logit_bias };
const CALL = {
  ...GUIDED,
  tools: [{ ...TOOL, type: "function" as const }],
  tool_choice: { ...NAMED, type: "function" as const },
};
const FORMAT = z.object({ a: z.boolean(), unit: z.enum(["c", "f"]) });

async function rejected(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => assert.fail("it succeeded"),
    (thrown: unknown) => thrown,
  );
}

export const openaiNodeCases = [
  ...clientCases("OpenAI SDK for Node", {
    "models.list": async (target) => {
      const models = await all(client(target).models.list());
      assert.deepEqual(
        models.map(({ id, object }) => ({ id, object })),
        [{ id: MODEL, object: "model" }],
      );
    },
    "chat.completions.create": async (target) => {
      const answer = await client(target).chat.completions.create(CHAT);
      assert.equal(answer.choices[0]?.finish_reason, "length");
      assert.equal(answer.usage?.completion_tokens, 4);
      assert.ok(answer.choices[0]?.message.content);
    },
    "chat.completions.create, stream": async (target) => {
      const chunks = await all(
        await client(target).chat.completions.create({
          ...CHAT,
          stream: true,
          stream_options: { include_usage: true },
        }),
      );
      assert.equal(chunks[0]?.choices[0]?.delta.role, "assistant");
      assert.equal(chunks.at(-1)?.usage?.completion_tokens, 4);
      assert.equal(chunks.at(-2)?.choices[0]?.finish_reason, "length");
    },
    "chat.completions.stream says what create says": async (target) => {
      const { content } = await client(target).chat.completions.stream(CHAT).finalMessage();
      const whole = await client(target).chat.completions.create(CHAT);
      assert.equal(content, whole.choices[0]?.message.content);
    },
    "completions.create, stream": async (target) => {
      const ask = { ...EXACT, prompt: "Hello world", max_tokens: 5, stream: true as const };
      const chunks = await all(await client(target).completions.create(ask));
      assert.equal(chunks.at(-1)?.choices[0]?.finish_reason, "length");
      assert.ok(chunks.map(({ choices }) => choices[0]?.text).join(""));
    },
    "responses.create": async (target) => {
      const ask = { model: MODEL, input: "Say hi", max_output_tokens: 4, temperature: 0 };
      const answer = await client(target).responses.create(ask);
      assert.equal(answer.object, "response");
      assert.equal(answer.usage?.output_tokens, 4);
    },
    "responses.create, stream": async (target) => {
      const ask = { model: MODEL, input: "Say hi", max_output_tokens: 4, temperature: 0, stream: true as const };
      const types = (await all(await client(target).responses.create(ask))).map(({ type }) => type);
      assert.equal(types[0], "response.created");
      assert.ok(
        types.includes("response.output_text.delta") || types.includes("response.reasoning_text.delta"),
        types.join(" "),
      );
      assert.ok(["response.completed", "response.incomplete"].includes(`${types.at(-1)}`), `${types.at(-1)}`);
    },
    tools: async (target) => {
      const answer = await client(target).chat.completions.create(CALL);
      const [call] = answer.choices[0]?.message.tool_calls ?? [];
      assert.ok(call?.type === "function");
      assert.equal(call.function.name, "f");
      assertFits(call.function.arguments);
    },
    "tools, stream": async (target) => {
      const message = await client(target).chat.completions.stream(CALL).finalMessage();
      const [call] = message.tool_calls ?? [];
      assert.ok(call?.type === "function");
      assertFits(call.function.arguments);
    },
    "structured output by a zod schema": async (target) => {
      const answer = await client(target).chat.completions.parse({
        ...GUIDED,
        ...END,
        response_format: zodResponseFormat(FORMAT, "x"),
      });
      const { a, unit } = FORMAT.parse(answer.choices[0]?.message.parsed);
      assert.ok(typeof a === "boolean" && unit.length === 1);
    },
    "abort of a stream frees the engine": (target) =>
      leaves(
        target,
        async (signal) => {
          const ask = { ...CHAT, max_tokens: LONG, stream: true as const };
          await all(await client(target).chat.completions.create(ask, { signal }));
          // The SDK ends an aborted stream without an error.
          throw new APIUserAbortError();
        },
        (thrown) => thrown instanceof APIUserAbortError,
      ),
    "abort of a whole answer frees the engine": (target) =>
      leaves(
        target,
        (signal) => client(target).chat.completions.create({ ...CHAT, max_tokens: LONG }, { signal }),
        (thrown) => thrown instanceof APIUserAbortError,
      ),
    "break out of a stream frees the engine": async (target) => {
      const stream = await client(target).chat.completions.create({ ...CHAT, max_tokens: LONG, stream: true });
      for await (const chunk of stream) if (chunk.choices[0]?.delta.content) break;
      await running(target, 0);
    },
    "a timeout frees the engine": async (target) => {
      const thrown = await rejected(
        client(target, { timeout: 200 }).chat.completions.create({ ...CHAT, max_tokens: LONG }),
      );
      assert.ok(thrown instanceof APIConnectionTimeoutError, String(thrown));
      await running(target, 0);
    },
    "a refused request is a BadRequestError": async (target) => {
      const thrown = await rejected(client(target).chat.completions.create({ ...CHAT, temperature: -1 }));
      assert.ok(thrown instanceof BadRequestError || thrown instanceof UnprocessableEntityError, String(thrown));
      assert.match(thrown.message, /temperature/);
      assert.ok(thrown.requestID);
    },
    "a refused stream is a BadRequestError": async (target) => {
      const thrown = await rejected(client(target).chat.completions.create({ ...CHAT, max_tokens: 0, stream: true }));
      assert.ok(thrown instanceof BadRequestError, String(thrown));
    },
    "an unknown model is a NotFoundError": async (target) => {
      const thrown = await rejected(client(target).chat.completions.create({ ...CHAT, model: "nope" }));
      assert.ok(thrown instanceof NotFoundError, String(thrown));
      assert.equal(thrown.param, "model");
      assert.match(thrown.message, /nope/);
    },
    "many at once": async (target) => {
      const shared = client(target);
      const answers = await Promise.all(Array.from({ length: 8 }, () => shared.chat.completions.create(CHAT)));
      assert.ok(answers.every(({ usage }) => usage?.completion_tokens === 4));
    },
  }),
  ...retriesUntilServed("OpenAI SDK for Node", (target, fetched) =>
    client(target, { maxRetries: 3, fetch: fetched }).chat.completions.create(CHAT),
  ),
];
