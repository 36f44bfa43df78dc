// What the simulated model says: pure, continuable, readable, ended by what ends a real one.
import assert from "node:assert/strict";
import test from "node:test";
import { engineUnderTest } from "./engine-under-test.ts";
import { payloads } from "./fixtures.ts";

const engine = engineUnderTest();
const twin = engineUnderTest({ profile: "llama-3.1-70b-h100-tp4-fp8" });
const divergent = engineUnderTest({ divergence: 0.5 });
const faulty = engineUnderTest({ templateFault: true, dropTools: true });

interface Choice {
  readonly text: string;
  readonly finish_reason: string;
  readonly stop_reason: string | number | null;
  readonly token_ids: number[];
  readonly prompt_token_ids: number[];
}

interface Answer {
  readonly choices: readonly Choice[];
  readonly usage: { readonly prompt_tokens: number; readonly completion_tokens: number };
}

async function complete(request: object, at = engine): Promise<Answer> {
  const answer = await at.post("/v1/completions", { return_token_ids: true, temperature: 0, ...request });
  assert.equal(answer.status, 200);
  return (await answer.json()) as Answer;
}

function only(answer: Answer): Choice {
  const [choice] = answer.choices;
  assert.ok(choice);
  return choice;
}

test("greedy text is the same again, and on another engine of the same model", async () => {
  const request = { prompt: "Tell me about rivers", max_tokens: 60 };
  const first = only(await complete(request));
  assert.equal(only(await complete(request)).text, first.text);
  assert.equal(only(await complete(request, twin)).text, first.text);
  assert.match(first.text, /^( [a-z]|[,.])/);
});

test("prompt and partial output continue identically, by ids and by text", async () => {
  const prompt = "Tell me about mountains";
  const whole = only(await complete({ prompt, max_tokens: 80, ignore_eos: true }));
  for (const cut of [1, 7, 40, 79]) {
    const ids = [...whole.prompt_token_ids, ...whole.token_ids.slice(0, cut)];
    const byIds = only(await complete({ prompt: ids, max_tokens: 80 - cut, ignore_eos: true }));
    assert.deepEqual(byIds.token_ids, whole.token_ids.slice(cut));
  }
  const half = only(await complete({ prompt, max_tokens: 40, ignore_eos: true }));
  const byText = only(await complete({ prompt: prompt + half.text, max_tokens: 40, ignore_eos: true }));
  assert.equal(half.text + byText.text, whole.text);
});

test("a chat's partial answer continues identically", async () => {
  const messages = [{ role: "user", content: "Tell me about lakes" }];
  const chat = async (body: object): Promise<string> => {
    const answer = await engine.post("/v1/chat/completions", { temperature: 0, ignore_eos: true, ...body });
    return ((await answer.json()) as { choices: { message: { content: string } }[] }).choices[0]?.message.content ?? "";
  };
  const whole = await chat({ messages, max_tokens: 50 });
  const part = await chat({ messages, max_tokens: 20 });
  const continued = await chat({
    messages: [...messages, { role: "assistant", content: part }],
    max_tokens: 30,
    continue_final_message: true,
    add_generation_prompt: false,
  });
  assert.equal(part + continued, whole);
});

test("sampling without a seed differs per run, with a seed it does not", async () => {
  const request = { prompt: "Sample this", max_tokens: 40, ignore_eos: true, temperature: 1 };
  assert.notEqual(only(await complete(request)).text, only(await complete(request)).text);
  const seeded = { ...request, seed: 7 };
  assert.equal(only(await complete(seeded)).text, only(await complete(seeded, twin)).text);
  assert.notEqual(only(await complete(seeded)).text, only(await complete({ ...request, seed: 8 })).text);
  const both = await complete({ ...seeded, n: 2 });
  assert.notEqual(both.choices[0]?.text, both.choices[1]?.text);
});

test("--divergence changes tokens on purpose", async () => {
  const request = { prompt: "Tell me about rivers", max_tokens: 30, ignore_eos: true };
  assert.notEqual(only(await complete(request, divergent)).text, only(await complete(request)).text);
});

test("--template-fault loses the system message", async () => {
  const messages = [
    { role: "system", content: "Be brief" },
    { role: "user", content: "hi" },
  ];
  const count = async (at: typeof engine): Promise<number> =>
    ((await (await at.post("/tokenize", { messages })).json()) as { count: number }).count;
  assert.ok((await count(faulty)) < (await count(engine)));
});

test("ignore_eos gives exactly max_tokens; without it answers end by themselves", async () => {
  const fixed = await complete({ prompt: "a", max_tokens: 1500, ignore_eos: true });
  assert.equal(fixed.usage.completion_tokens, 1500);
  assert.equal(only(fixed).finish_reason, "length");
  const ends = await Promise.all(
    Array.from({ length: 60 }, (_, i) => complete({ prompt: `Question ${i}`, max_tokens: 2000 })),
  );
  const lengths = ends.map((one) => one.usage.completion_tokens);
  const mean = lengths.reduce((sum, one) => sum + one, 0) / lengths.length;
  assert.ok(mean > 100 && mean < 350, `mean length ${mean}`);
  assert.ok(ends.every((one) => only(one).finish_reason === "stop" && only(one).stop_reason === null));
});

test("min_tokens keeps the end away", async () => {
  const answer = await complete({ prompt: "Question 1", max_tokens: 2000, min_tokens: 1800 });
  assert.ok(answer.usage.completion_tokens >= 1800);
});

test("a stop string ends the text before it, or after it when it is to be included", async () => {
  const free = only(await complete({ prompt: "Stop me", max_tokens: 60, ignore_eos: true }));
  const stop = free.text.slice(40, 52);
  const stopped = only(await complete({ prompt: "Stop me", max_tokens: 60, ignore_eos: true, stop: ["\u0000", stop] }));
  assert.equal(stopped.text, free.text.slice(0, free.text.indexOf(stop)));
  assert.deepEqual([stopped.finish_reason, stopped.stop_reason], ["stop", stop]);
  const included = await complete({
    prompt: "Stop me",
    max_tokens: 60,
    ignore_eos: true,
    stop,
    include_stop_str_in_output: true,
  });
  assert.equal(only(included).text, free.text.slice(0, free.text.indexOf(stop) + stop.length));
});

test("a streamed stop string never shows a part of itself", async () => {
  const free = only(await complete({ prompt: "Stop me", max_tokens: 60, ignore_eos: true }));
  const stop = free.text.slice(40, 52);
  const request = { prompt: "Stop me", max_tokens: 60, ignore_eos: true, temperature: 0, stop: [stop], stream: true };
  const events = payloads(await (await engine.post("/v1/completions", request)).text());
  const text = events.slice(0, -1).map((one) => (JSON.parse(one) as Answer).choices[0]?.text ?? "");
  assert.equal(text.join(""), free.text.slice(0, free.text.indexOf(stop)));
});

test("a stop token id ends the sequence and is named", async () => {
  const free = only(await complete({ prompt: "Stop me", max_tokens: 20, ignore_eos: true }));
  const id = free.token_ids[10] ?? 0;
  const stopped = only(await complete({ prompt: "Stop me", max_tokens: 20, ignore_eos: true, stop_token_ids: [id] }));
  assert.deepEqual([stopped.finish_reason, stopped.stop_reason], ["stop", id]);
  assert.deepEqual(stopped.token_ids, free.token_ids.slice(0, free.token_ids.indexOf(id) + 1));
});

test("characters of several tokens arrive whole", async () => {
  const request = { prompt: "Unicode", max_tokens: 1800, ignore_eos: true, temperature: 0, stream: true };
  const events = payloads(await (await engine.post("/v1/completions", request)).text());
  const pieces = events.slice(0, -1).map((one) => (JSON.parse(one) as Answer).choices[0]?.text ?? "");
  assert.equal(pieces.length, 1800);
  assert.ok(pieces.every((piece) => !piece.includes("\ufffd") && piece.isWellFormed()));
  assert.match(pieces.join(""), /🙂|東京|δοκιμή/u);
  assert.equal(pieces.join(""), only(await complete({ ...request, stream: false })).text);
});

test("echo with max_tokens 0 scores the prompt", async () => {
  const answer = await engine.post("/v1/completions", { prompt: "one two", max_tokens: 0, echo: true, logprobs: 2 });
  const { choices, usage } = (await answer.json()) as Answer & {
    choices: { logprobs: { tokens: string[]; token_logprobs: (number | null)[] } }[];
  };
  assert.equal(choices[0]?.text, "one two");
  assert.equal(usage.completion_tokens, 1);
  assert.equal(choices[0]?.logprobs.tokens.length, usage.prompt_tokens);
  assert.equal(choices[0]?.logprobs.token_logprobs[0], null);
});

test("prompt_logprobs have one entry a prompt token", async () => {
  const answer = await engine.post("/v1/completions", { prompt: "one two three", max_tokens: 1, prompt_logprobs: 2 });
  const { choices, usage } = (await answer.json()) as Answer & { choices: { prompt_logprobs: (object | null)[] }[] };
  assert.equal(choices[0]?.prompt_logprobs.length, usage.prompt_tokens);
  assert.equal(choices[0]?.prompt_logprobs[0], null);
  assert.equal(Object.keys(choices[0]?.prompt_logprobs[1] ?? {}).length, 2);
});
