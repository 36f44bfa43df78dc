// Our chat template and tokenizer against the ids that the engine says it was given.
import assert from "node:assert/strict";
import { loadTextModel, type PromptKind, renderPrompt, type TextModel } from "../../../src/tokens/index.ts";
import { bodyOf, type Json } from "../answer.ts";
import { exchange } from "../http.ts";
import { MODEL, type Case, type Target } from "../target.ts";

const loaded = new Map<string, Promise<TextModel | undefined>>();

export async function textModel({ modelFolder }: Target): Promise<TextModel> {
  const text = await (loaded.get(modelFolder) ??
    loaded.set(modelFolder, loadTextModel({ source: "path", path: modelFolder })).get(modelFolder));
  if (text === undefined) throw new Error(`no tokenizer in ${modelFolder}`);
  return text;
}

const TEXTS: Readonly<Record<string, string>> = {
  prose: "The quick brown fox, it's said, didn't jump over 12345.678 lazy dogs' tails!",
  "white space": "  a\t\tb \n\n\n c\r\n  \u00a0d\u3000e   ",
  scripts: "Zürich naïve δοκιμή привет 東京都 こんにちは 한국어 العربية हिन्दी ภาษาไทย",
  emoji: "👩‍👩‍👧‍👦 🏳️‍🌈 🙂🙃 é é ﷽ \u200b\u200d\ufeff",
  code: "def f(x):\n\treturn {\"a\": [1, 2, 3], 'b': x**2}  # comment\n\n\nclass A { int x = 0x1F; }",
  numbers: "0 00 1234567890 3.14159e-10 1,000,000 ½ ² Ⅷ ١٢٣",
  "special tokens in text": "before <|im_start|>user<|im_end|> <tool_call> <think> </think> <|endoftext|> after",
  controls: "\u0000 a \u0001 b \u001b[0m \u2028 c",
  contractions: "I'LL WE'VE they're can't O'Neill ’tis 'S 's",
  long: "lorem ipsum dolor ".repeat(100),
  "one character": "a",
  composed: "e\u0301 \u1100\u1161\u11a8 \ufb01 Å",
};

const user = (content: unknown): object => ({ role: "user", content });
const TOOL = {
  type: "function",
  function: {
    name: "get_weather",
    description: 'Says "how" <it> is & é',
    parameters: {
      type: "object",
      properties: { city: { type: "string", default: null }, days: { type: "integer", minimum: 1.0 } },
      required: ["city"],
    },
  },
};
const CALL = {
  id: "call_1",
  type: "function",
  function: { name: "get_weather", arguments: '{"city": "Zürich", "days": 2}' },
};

const CHATS: Readonly<Record<string, object>> = {
  "system and user": { messages: [{ role: "system", content: "Be brief." }, user("Hi")] },
  "several turns": { messages: [user("Hi"), { role: "assistant", content: "Hello" }, user("Bye")] },
  "thinking in a turn": {
    messages: [user("Hi"), { role: "assistant", content: "<think>\nhm\n</think>\n\nHello" }, user("Bye")],
  },
  "reasoning member": {
    messages: [user("Hi"), { role: "assistant", content: "Hello", reasoning_content: "hm" }, user("Bye")],
  },
  "content parts": {
    messages: [
      user([
        { type: "text", text: "Say" },
        { type: "text", text: "hi" },
      ]),
    ],
  },
  "empty content": { messages: [user("")] },
  "null content": {
    messages: [
      user("Hi"),
      { role: "assistant", content: null, tool_calls: [CALL] },
      { role: "tool", tool_call_id: "call_1", content: "sun" },
    ],
  },
  tools: { messages: [user("Hi")], tools: [TOOL] },
  "tools and system": { messages: [{ role: "system", content: "S" }, user("Hi")], tools: [TOOL, TOOL] },
  "two tool answers": {
    messages: [
      user("Hi"),
      { role: "assistant", content: "", tool_calls: [CALL, { ...CALL, id: "call_2" }] },
      { role: "tool", tool_call_id: "call_1", content: "a" },
      { role: "tool", tool_call_id: "call_2", content: "b" },
      user("ok"),
    ],
    tools: [TOOL],
  },
  "no generation prompt": {
    messages: [user("Hi"), { role: "assistant", content: "He" }],
    add_generation_prompt: false,
  },
  "continued final message": {
    messages: [user("Hi"), { role: "assistant", content: "He " }],
    add_generation_prompt: false,
    continue_final_message: true,
  },
  "thinking off": { messages: [user("Hi")], chat_template_kwargs: { enable_thinking: false } },
  "special tokens added": { messages: [user("Hi")], add_special_tokens: true },
  "system last": { messages: [user("Hi"), { role: "system", content: "S" }] },
  developer: { messages: [{ role: "developer", content: "D" }, user("Hi")] },
  named: { messages: [{ role: "user", name: "Ann", content: "Hi" }] },
};

interface Body extends Readonly<Record<string, unknown>> {
  readonly model: string;
}

function prompts(name: string, run: (target: Target) => Promise<void>): Case {
  return { topic: "prompts", name, run };
}

function sameIds(name: string, kind: PromptKind, body: object): Case {
  return prompts(name, async (target) => {
    const path = kind === "chat" ? "/v1/chat/completions" : "/v1/completions";
    const full: Body = { model: MODEL, ...body };
    const ask = { path, body: { ...full, max_tokens: 1, temperature: 0, return_token_ids: true } };
    const answer = bodyOf(await exchange(target.url, ask));
    const ids = (kind === "chat" ? answer.at("prompt_token_ids") : answer.at("choices", 0, "prompt_token_ids")).value;
    const rendered = renderPrompt({ kind, body: full, text: await textModel(target) });
    assert.deepEqual([...(rendered.prompts?.[0] ?? [])], ids);
  });
}

/** Anthropic counts apart what the cache gave and took. */
function inputTokens(usage: Json): number {
  const cache = ["cache_read_input_tokens", "cache_creation_input_tokens"].map((name) =>
    Number(usage.at(name).value ?? 0),
  );
  return cache.reduce((sum, one) => sum + one, usage.at("input_tokens").number());
}

function sameCount(name: string, kind: "messages" | "responses", body: object): Case {
  return prompts(name, async (target) => {
    const full: Body = { model: MODEL, ...body };
    const limit = kind === "messages" ? { max_tokens: 1 } : { max_output_tokens: 1 };
    const answer = bodyOf(await exchange(target.url, { path: `/v1/${kind}`, body: { ...full, ...limit } }));
    const rendered = renderPrompt({ kind, body: full, text: await textModel(target) });
    assert.equal(rendered.prompts?.[0]?.length, inputTokens(answer.at("usage")));
  });
}

const BLOCKS = [
  user("Hi"),
  {
    role: "assistant",
    content: [
      { type: "text", text: "A" },
      { type: "tool_use", id: "t1", name: "f", input: { a: 1 } },
    ],
  },
  user([{ type: "tool_result", tool_use_id: "t1", content: "ok" }]),
];

export const promptCases: readonly Case[] = [
  ...Object.entries(TEXTS).map(([name, prompt]) => sameIds(`completion: ${name}`, "completions", { prompt })),
  ...Object.entries(TEXTS).map(([name, text]) => sameIds(`chat: ${name}`, "chat", { messages: [user(text)] })),
  ...Object.entries(CHATS).map(([name, body]) => sameIds(`chat: ${name}`, "chat", body)),
  sameCount("messages: plain", "messages", { messages: [user("Hi there")] }),
  sameCount("messages: system", "messages", { system: "Be brief.", messages: [user("Hi")] }),
  sameCount("messages: system blocks", "messages", {
    system: [
      { type: "text", text: "A" },
      { type: "text", text: "B" },
    ],
    messages: [user([{ type: "text", text: "Hi" }])],
  }),
  sameCount("messages: tool use and result", "messages", { messages: BLOCKS }),
  sameCount("messages: tools", "messages", {
    messages: [user("Hi")],
    tools: [{ name: "f", description: "d", input_schema: { type: "object", properties: { a: { type: "string" } } } }],
  }),
  sameCount("responses: text", "responses", { input: "Hi there" }),
  sameCount("responses: instructions", "responses", { input: "Hi", instructions: "Be brief." }),
  sameCount("responses: list", "responses", {
    input: [
      { role: "user", content: "Hi" },
      { role: "assistant", content: "Yo" },
      { role: "user", content: [{ type: "input_text", text: "Bye" }] },
    ],
  }),
  sameCount("responses: tools", "responses", {
    input: "Hi",
    tools: [{ type: "function", name: "f", description: "d", parameters: { type: "object", properties: {} } }],
  }),
];
