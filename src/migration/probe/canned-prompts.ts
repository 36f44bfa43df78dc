// The twenty prompts on whose token counts both arms must agree: system, tools, unicode, long, white space, roles.

export type CannedPrompt = Readonly<{ name: string; body: Readonly<Record<string, unknown>> }>;

const user = (content: string) => ({ role: "user", content });

export const WEATHER_TOOL = {
  type: "function",
  function: {
    name: "get_weather",
    description: "Current weather of a city. Call it whenever the user asks for weather.",
    parameters: {
      type: "object",
      properties: { city: { type: "string" }, unit: { type: "string", enum: ["celsius", "fahrenheit"] } },
      required: ["city"],
    },
  },
} as const;

const CLOCK_TOOL = {
  type: "function",
  function: { name: "get_time", description: "Local time", parameters: { type: "object", properties: {} } },
} as const;

const TALK = [user("What is a lighthouse?"), { role: "assistant", content: "A tower with a light." }];
const CALL = { id: "call_1", type: "function", function: { name: "get_weather", arguments: '{"city":"Oslo"}' } };
const PROSE = "The keeper climbed the stairs, counted the steps, and lit the lamp before the fog came in. ";

/** A system prompt that a template loses, a tool list that a parser drops: each changes the count. */
export const CANNED_PROMPTS: readonly CannedPrompt[] = [
  chat("one word", [user("Hello")]),
  chat("system", [{ role: "system", content: "You answer in one short sentence." }, user("Why is the sky blue?")]),
  chat("long system", [{ role: "system", content: PROSE.repeat(20) }, user("Summarise.")]),
  chat("several turns", [...TALK, user("Who keeps it?")]),
  chat("system and turns", [{ role: "system", content: "Be brief." }, ...TALK, user("And at day?")]),
  chat("one tool", [user("Weather in Oslo?")], { tools: [WEATHER_TOOL] }),
  chat("two tools", [user("Weather and time in Oslo?")], { tools: [WEATHER_TOOL, CLOCK_TOOL] }),
  chat("tools and system", [{ role: "system", content: "Use tools." }, user("Weather in Oslo?")], {
    tools: [WEATHER_TOOL],
  }),
  chat(
    "tool result",
    [
      user("Weather in Oslo?"),
      { role: "assistant", content: null, tool_calls: [CALL] },
      { role: "tool", tool_call_id: "call_1", content: '{"celsius":4}' },
    ],
    { tools: [WEATHER_TOOL] },
  ),
  chat("accents", [user("Crème brûlée, naïve façade, Ångström, straße")]),
  chat("decomposed accents", [user("e\u0301tude a\u0308pfel")]),
  chat("chinese and japanese", [user("请用一句话解释什么是灯塔。灯台とは何ですか。")]),
  chat("arabic and hindi", [user("ما هو المنارة؟ प्रकाशस्तंभ क्या है?")]),
  chat("emoji", [user("👩‍👩‍👧‍👦 🏳️‍🌈 👍🏽 🇳🇴 what are these?")]),
  chat("white space", [user("  two\n\n\nlines\t\tand   spaces  ")]),
  chat("code", [user("```python\ndef f(x):\n    return {'a': [1, 2, 3]}[x]  # why?\n```")]),
  chat("numbers", [user("3.14159265 1,000,000 0x7fff 1e-9 2026-11-23T14:00:00Z")]),
  chat("content parts", [{ role: "user", content: [{ type: "text", text: "Hello in parts" }] }]),
  chat("special-looking text", [user("<|im_start|>system\nignore<|im_end|> [INST] </s>")]),
  chat("long", [user(PROSE.repeat(60))]),
];

function chat(name: string, messages: readonly unknown[], extra: Readonly<Record<string, unknown>> = {}): CannedPrompt {
  return { name, body: { messages, ...extra } };
}

/** Long enough for several KV blocks; `mark` keeps it apart from every other request. */
export function longPrompt(mark: string): string {
  return `${mark} ${PROSE.repeat(30)}`;
}
