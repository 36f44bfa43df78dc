// The Anthropic SDK on /v1/messages, unmodified.
import assert from "node:assert/strict";
import Anthropic, { APIUserAbortError, BadRequestError, NotFoundError } from "@anthropic-ai/sdk";
import { MODEL, type Target } from "../conformance/target.ts";
import { clientCases, leaves, LONG, MESSAGES } from "./client-case.ts";
import { retriesUntilServed } from "./retries.ts";

function client({ url }: Pick<Target, "url">, options: object = {}): Anthropic {
  return new Anthropic({ baseURL: url, apiKey: "unused", maxRetries: 0, ...options });
}

const ASK = { model: MODEL, max_tokens: 6, messages: MESSAGES };
/** A random model finds the end of empty arguments amid the white space that its grammar allows, if it is hot. */
const NO_ARGUMENTS = { type: "object" as const, properties: {}, required: [], additionalProperties: false };
const TOOL = { name: "f", description: "d", input_schema: NO_ARGUMENTS, strict: true };

/** No longer a field of the SDK, still one of vLLM. */
const [COLD, GREEDY, HOT] = [{ temperature: -1 }, { temperature: 0 }, { temperature: 2 }];
const CALL = { ...ASK, max_tokens: LONG, ...HOT, tools: [TOOL], tool_choice: { type: "tool" as const, name: "f" } };

export const anthropicCases = [
  ...clientCases("Anthropic SDK", {
    "messages.create": async (target) => {
      const answer = await client(target).messages.create(ASK);
      assert.equal(answer.type, "message");
      assert.equal(answer.role, "assistant");
      assert.ok(answer.usage.input_tokens > 0 && answer.usage.output_tokens > 0);
    },
    "messages.stream": async (target) => {
      const stream = client(target).messages.stream({ ...ASK, ...GREEDY });
      const types: string[] = [];
      for await (const event of stream) types.push(event.type);
      const message = await stream.finalMessage();
      assert.equal(types[0], "message_start");
      assert.equal(types.at(-1), "message_stop");
      assert.ok(message.usage.output_tokens > 0);
      assert.equal(message.stop_reason, "max_tokens");
    },
    tools: async (target) => {
      const answer = await client(target).messages.create(CALL);
      const call = answer.content.find((block) => block.type === "tool_use");
      assert.ok(call, JSON.stringify(answer.content));
      assert.equal(call.name, "f");
      assert.deepEqual(call.input, {});
    },
    "tools, stream": async (target) => {
      const message = await client(target).messages.stream(CALL).finalMessage();
      const call = message.content.find((block) => block.type === "tool_use");
      assert.ok(call, JSON.stringify(message.content));
      assert.deepEqual(call.input, {});
    },
    "messages.countTokens": async (target) => {
      const { input_tokens } = await client(target).messages.countTokens({ model: MODEL, messages: MESSAGES });
      assert.equal(input_tokens, 10);
    },
    "abort of a stream frees the engine": (target) =>
      leaves(
        target,
        (signal) =>
          client(target)
            .messages.stream({ ...ASK, max_tokens: LONG }, { signal })
            .finalMessage(),
        (thrown) => thrown instanceof APIUserAbortError,
      ),
    "abort of a whole answer frees the engine": (target) =>
      leaves(
        target,
        (signal) => client(target).messages.create({ ...ASK, max_tokens: LONG }, { signal }),
        (thrown) => thrown instanceof APIUserAbortError,
      ),
    "a refused request is a BadRequestError": (target) =>
      assert.rejects(client(target).messages.create({ ...ASK, ...COLD }), BadRequestError),
    "an unknown model is a NotFoundError": (target) =>
      assert.rejects(client(target).messages.create({ ...ASK, model: "nope" }), (thrown) => {
        assert.ok(thrown instanceof NotFoundError, String(thrown));
        assert.match(thrown.message, /nope/);
        return true;
      }),
  }),
  ...retriesUntilServed("Anthropic SDK", (target, fetched) =>
    client(target, { maxRetries: 3, fetch: fetched }).messages.create(ASK),
  ),
];
