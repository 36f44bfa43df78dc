// Tool calls and structured output: fixed, valid, streamed in pieces, continuable.
import assert from "node:assert/strict";
import test from "node:test";
import * as fc from "fast-check";
import { z } from "zod";
import { seededRandom } from "../../../src/core/index.ts";
import { jsonInstance } from "../../../src/engine/api/json-instance.ts";
import { regexSample } from "../../../src/engine/api/regex-sample.ts";
import { engineUnderTest } from "./engine-under-test.ts";
import { payloads } from "./fixtures.ts";

const engine = engineUnderTest();
const dropping = engineUnderTest({ dropTools: true });

const PARAMETERS = {
  type: "object",
  properties: { city: { type: "string", minLength: 3 }, days: { type: "integer", minimum: 1, maximum: 7 } },
  required: ["city", "days"],
  additionalProperties: false,
};
const ARGUMENTS = z.strictObject({ city: z.string().min(3), days: z.int().min(1).max(7) });
const TOOLS = ["weather", "forecast"].map((name) => ({ type: "function", function: { name, parameters: PARAMETERS } }));
const messages = [{ role: "user", content: "What is the weather?" }];

interface Call {
  readonly id?: string;
  readonly function: { readonly name?: string; readonly arguments?: string };
}
interface Message {
  readonly content: string | null;
  readonly tool_calls?: readonly Call[];
}
interface Answer {
  readonly choices: readonly { readonly message: Message; readonly finish_reason: string }[];
}
interface Chunk {
  readonly choices: readonly { readonly delta: Message; readonly finish_reason: string | null }[];
}

async function chat(body: object, at = engine): Promise<Answer["choices"][number]> {
  const answer = await at.post("/v1/chat/completions", { messages, temperature: 0, ...body });
  assert.equal(answer.status, 200);
  const [choice] = ((await answer.json()) as Answer).choices;
  assert.ok(choice);
  return choice;
}

/** As OpenAI, a named tool does not finish for tool_calls; what is demanded leaves an empty text. */
const CHOICES = [
  [undefined, "tool_calls", null],
  ["auto", "tool_calls", null],
  ["required", "tool_calls", ""],
  [{ type: "function", function: { name: "forecast" } }, "stop", ""],
] as const;

for (const [tool_choice, finish, content] of CHOICES) {
  test(`tool_choice ${JSON.stringify(tool_choice)} calls a function with valid arguments`, async () => {
    const { message, finish_reason } = await chat({ tools: TOOLS, ...(tool_choice && { tool_choice }) });
    const [call] = message.tool_calls ?? [];
    assert.equal(finish_reason, finish);
    assert.equal(message.content, content);
    assert.ok(ARGUMENTS.safeParse(JSON.parse(call?.function.arguments ?? "")).success);
    assert.match(call?.id ?? "", /^chatcmpl-tool-[0-9a-f]+$/);
    if (typeof tool_choice === "object") assert.equal(call?.function.name, "forecast");
  });
}

test("no call with tool_choice none, after a tool has answered, or with --drop-tools", async () => {
  assert.equal((await chat({ tools: TOOLS, tool_choice: "none", max_tokens: 5 })).message.tool_calls, undefined);
  const answered = [...messages, { role: "tool", tool_call_id: "x", content: "sunny" }];
  assert.equal((await chat({ tools: TOOLS, messages: answered, max_tokens: 5 })).message.tool_calls, undefined);
  assert.equal((await chat({ tools: TOOLS, max_tokens: 5 }, dropping)).message.tool_calls, undefined);
});

test("a named tool that is not there is refused", async () => {
  const tool_choice = { type: "function", function: { name: "nope" } };
  const answer = await engine.post("/v1/chat/completions", { messages, tools: TOOLS, tool_choice });
  assert.equal(answer.status, 400);
});

test("a call that is cut off is text, as vLLM leaves it", async () => {
  const { message, finish_reason } = await chat({ tools: TOOLS, max_tokens: 6 });
  assert.equal(finish_reason, "length");
  assert.match(message.content ?? "", /^<tool_call>/);
});

test("a streamed call has its name first, then its arguments in pieces", async () => {
  const whole = (await chat({ tools: TOOLS })).message.tool_calls?.[0]?.function;
  const answer = await engine.post("/v1/chat/completions", { messages, tools: TOOLS, temperature: 0, stream: true });
  const events = payloads(await answer.text());
  const chunks = events.slice(0, -1).map((one) => JSON.parse(one) as Chunk);
  const calls = chunks.flatMap((one) => one.choices[0]?.delta.tool_calls ?? []);
  assert.equal(calls[0]?.function.name, whole?.name);
  assert.ok(calls[0]?.id);
  assert.equal(calls.map((one) => one.function.arguments ?? "").join(""), whole?.arguments);
  assert.ok(calls.length > 3);
  assert.equal(chunks.at(-1)?.choices[0]?.finish_reason, "tool_calls");
});

test("a call whose beginning is in the prompt goes on where it stopped", async () => {
  const whole = await chat({ tools: TOOLS, return_token_ids: true });
  const cut = await chat({ tools: TOOLS, max_tokens: 9 });
  const continued = [...messages, { role: "assistant", content: cut.message.content }];
  const flags = { continue_final_message: true, add_generation_prompt: false };
  const answer = await engine.post("/v1/chat/completions", {
    messages: continued,
    tools: TOOLS,
    ...flags,
    temperature: 0,
    stream: true,
  });
  const chunks = payloads(await answer.text())
    .slice(0, -1)
    .map((one) => JSON.parse(one) as Chunk);
  const calls = chunks.flatMap((one) => one.choices[0]?.delta.tool_calls ?? []);
  assert.ok(
    whole.message.tool_calls?.[0]?.function.arguments?.endsWith(
      calls.map((one) => one.function.arguments ?? "").join(""),
    ),
  );
});

const SCHEMA = {
  type: "object",
  properties: {
    name: { type: "string", pattern: "^[A-Z][a-z]{2,5}-\\d{3}$" },
    kind: { enum: ["a", "b"] },
    tags: { type: "array", items: { $ref: "#/$defs/tag" }, minItems: 1, maxItems: 3 },
    size: { anyOf: [{ type: "number", minimum: 0, maximum: 1 }, { type: "null" }] },
  },
  required: ["name", "kind", "tags", "size"],
  $defs: { tag: { type: "object", properties: { id: { type: "integer" } }, required: ["id"] } },
};

test("json_schema output validates, in chat, completions and streamed", async () => {
  const response_format = { type: "json_schema", json_schema: { name: "x", schema: SCHEMA } };
  const valid = z.fromJSONSchema(SCHEMA as Parameters<typeof z.fromJSONSchema>[0]);
  const { message, finish_reason } = await chat({ response_format });
  assert.equal(finish_reason, "stop");
  valid.parse(JSON.parse(message.content ?? ""));
  const completion = await engine.post("/v1/completions", {
    prompt: "x",
    max_tokens: 500,
    structured_outputs: { json: SCHEMA },
  });
  const { choices } = (await completion.json()) as { choices: { text: string }[] };
  valid.parse(JSON.parse(choices[0]?.text ?? ""));
  const streamed = await engine.post("/v1/chat/completions", { messages, response_format, stream: true });
  const chunks = payloads(await streamed.text())
    .slice(0, -1)
    .map((one) => JSON.parse(one) as Chunk);
  valid.parse(JSON.parse(chunks.map((one) => one.choices[0]?.delta.content ?? "").join("")));
});

test("json_object, choice and regex are kept", async () => {
  assert.doesNotThrow(async () =>
    JSON.parse((await chat({ response_format: { type: "json_object" } })).message.content ?? ""),
  );
  const choice = await chat({ structured_outputs: { choice: ["red", "green"] } });
  assert.ok(["red", "green"].includes(choice.message.content ?? ""));
  const regex = await chat({ structured_outputs: { regex: "(yes|no), [0-9]{2}%" } });
  assert.match(regex.message.content ?? "", /^(yes|no), [0-9]{2}%$/);
});

const leaf = fc.oneof(
  fc.record({ type: fc.constant("integer"), minimum: fc.integer({ min: -50, max: 50 }) }),
  fc.record({ type: fc.constant("string"), minLength: fc.integer({ min: 0, max: 30 }) }),
  fc.record({
    type: fc.constant("number"),
    minimum: fc.integer({ min: -5, max: 0 }),
    maximum: fc.integer({ min: 1, max: 5 }),
  }),
  fc.constant({ type: "boolean" }),
  fc.constant({ type: "null" }),
  fc.record({ enum: fc.array(fc.oneof(fc.string(), fc.integer()), { minLength: 1, maxLength: 4 }) }),
);
const { schema } = fc.letrec((tie) => ({
  schema: fc.oneof(
    { depthSize: "small" },
    leaf,
    fc.record({ type: fc.constant("array"), items: tie("schema"), minItems: fc.integer({ min: 0, max: 3 }) }),
    fc.dictionary(fc.stringMatching(/^[a-z]{1,6}$/), tie("schema"), { maxKeys: 4 }).map((properties) => ({
      type: "object",
      properties,
      required: Object.keys(properties).slice(0, 2),
      additionalProperties: false,
    })),
  ),
}));

test("any schema of the common kinds gets a value that validates", () => {
  fc.assert(
    fc.property(schema, fc.integer(), (made, seed) => {
      const value = jsonInstance(made, seededRandom(seed));
      z.fromJSONSchema(made as Parameters<typeof z.fromJSONSchema>[0]).parse(value);
    }),
    { numRuns: 200 },
  );
});

test("a sample of a regular expression matches it", () => {
  const patterns = ["^a+b*c?$", "[^a-z]{3}", "(foo|bar(baz)?)-\\d{2,4}", "\\w+@\\w+\\.com", "x{0}y", "[\\d\\-_]+"];
  for (const pattern of patterns)
    for (let seed = 0; seed < 20; seed++) {
      const sample = regexSample(pattern, seededRandom(seed));
      assert.ok(sample !== undefined && new RegExp(pattern, "u").test(sample), `${pattern}: ${sample}`);
    }
  assert.equal(regexSample("(?=a)b", seededRandom(1)), undefined);
});
