// The bytes of an answer with their times → what is compared of it. Broken JSON is an answer without choices, never a throw.
import type { AnswerChoice, AnswerToken, ArmAnswer, ToolCall } from "./answer.ts";

export interface AnswerBytes {
  readonly class: ArmAnswer["class"];
  readonly status: number;
  readonly contentType: string;
  readonly sentAt: number;
  readonly endedAt: number;
  readonly chunks: readonly Uint8Array[];
  readonly times: readonly number[];
}

export function readAnswer(bytes: AnswerBytes, streamed: boolean): ArmAnswer {
  const about = { class: bytes.class, status: bytes.status, totalMs: bytes.endedAt - bytes.sentAt };
  if (bytes.chunks.length === 0) return { ...about, choices: [] };
  const isStream = streamed && bytes.contentType.startsWith("text/event-stream");
  return isStream ? { ...about, ...readStream(bytes) } : { ...about, ...readWhole(bytes) };
}

type Read = Omit<ArmAnswer, "class" | "status" | "totalMs">;
type Json = Readonly<Record<string, unknown>>;

function readWhole({ chunks }: AnswerBytes): Read {
  const body = parse(Buffer.concat(chunks).toString("utf8"));
  if (body === undefined) return { choices: [] };
  const error = object(body["error"]);
  return {
    choices: array(body["choices"]).map((one) => wholeChoice(object(one) ?? {})),
    ...top(body),
    ...(error !== undefined && { errorKeys: Object.keys(error) }),
  };
}

function wholeChoice(choice: Json): AnswerChoice {
  const message = object(choice["message"]);
  const logprobs = tokensOf(choice["logprobs"]);
  return {
    text: text(message?.["content"]) ?? text(choice["text"]) ?? "",
    toolCalls: array(message?.["tool_calls"]).map(toolCall),
    ...finish(choice),
    ...(logprobs.length > 0 && { logprobs, tokens: logprobs.map(({ token }) => token) }),
  };
}

interface Growing {
  text: string;
  finishReason: string | undefined;
  readonly tools: Map<number, { name: string; arguments: string }>;
  readonly tokens: string[];
  readonly logprobs: AnswerToken[];
}

function readStream(bytes: AnswerBytes): Read {
  const choices = new Map<number, Growing>();
  const gaps: number[] = [];
  let head: Read = { choices: [] };
  let [first, last]: (number | undefined)[] = [];
  for (const { data, at } of events(bytes)) {
    const event = parse(data);
    if (event === undefined) continue;
    head = { ...head, ...top(event) };
    if (
      !array(event["choices"])
        .map((one) => grow(choices, object(one) ?? {}))
        .some(Boolean)
    )
      continue;
    first ??= at;
    if (last !== undefined) gaps.push(at - last);
    last = at;
  }
  const grown = [...choices].sort(([a], [b]) => a - b).map(([, one]) => settled(one));
  const itl = gaps.sort((a, b) => a - b)[Math.min(gaps.length - 1, Math.floor(gaps.length * 0.99))];
  return {
    ...head,
    choices: grown,
    ...(first !== undefined && { ttftMs: first - bytes.sentAt }),
    ...(itl !== undefined && { itlMs: itl }),
  };
}

/** Each event with the time of the chunk that ended it. */
function* events({ chunks, times }: AnswerBytes): Generator<{ readonly data: string; readonly at: number }> {
  let open = "";
  const decoder = new TextDecoder();
  for (const [i, chunk] of chunks.entries()) {
    open += decoder.decode(chunk, { stream: true }).replaceAll("\r\n", "\n");
    for (let end = open.indexOf("\n\n"); end >= 0; end = open.indexOf("\n\n")) {
      const lines = open.slice(0, end).split("\n");
      open = open.slice(end + 2);
      const data = lines.filter((line) => line.startsWith("data:")).map((line) => line.slice(5).trimStart());
      if (data.length > 0 && data[0] !== "[DONE]") yield { data: data.join("\n"), at: times[i] ?? 0 };
    }
  }
}

function freshChoice(): Growing {
  return { text: "", finishReason: undefined, tools: new Map(), tokens: [], logprobs: [] };
}

/** True when the event brought output. */
function grow(choices: Map<number, Growing>, choice: Json): boolean {
  const index = number(choice["index"]) ?? 0;
  const one: Growing = choices.get(index) ?? freshChoice();
  choices.set(index, one);
  const delta = object(choice["delta"]);
  const more = text(delta?.["content"]) ?? text(choice["text"]) ?? "";
  one.text += more;
  if (more !== "") one.tokens.push(more);
  one.logprobs.push(...tokensOf(choice["logprobs"]));
  one.finishReason = text(choice["finish_reason"]) ?? one.finishReason;
  const calls = array(delta?.["tool_calls"]);
  for (const call of calls) growTool(one, object(call) ?? {});
  return (
    more !== "" || calls.length > 0 || (text(delta?.["reasoning_content"]) ?? text(delta?.["reasoning"]) ?? "") !== ""
  );
}

function growTool({ tools }: Growing, call: Json): void {
  const index = number(call["index"]) ?? 0;
  const { name, arguments: more } = toolCall(call);
  const before = tools.get(index) ?? { name: "", arguments: "" };
  tools.set(index, { name: before.name + name, arguments: before.arguments + more });
}

function settled({ text, finishReason, tools, tokens, logprobs }: Growing): AnswerChoice {
  const toolCalls: ToolCall[] = [...tools].sort(([a], [b]) => a - b).map(([, one]) => one);
  const exact = logprobs.length > 0;
  return {
    text,
    toolCalls,
    tokens: exact ? logprobs.map(({ token }) => token) : tokens,
    ...(finishReason !== undefined && { finishReason }),
    ...(exact && { logprobs }),
  };
}

function top(body: Json): Omit<Read, "choices"> {
  const usage = object(body["usage"]);
  const details = object(usage?.["prompt_tokens_details"]);
  return defined({
    object: text(body["object"]),
    model: text(body["model"]),
    promptTokens: number(usage?.["prompt_tokens"]),
    outputTokens: number(usage?.["completion_tokens"]),
    cachedTokens: number(details?.["cached_tokens"]),
  });
}

function finish(choice: Json): Pick<AnswerChoice, "finishReason"> {
  return defined({ finishReason: text(choice["finish_reason"]) });
}

function toolCall(call: unknown): ToolCall {
  const called = object(object(call)?.["function"]);
  return { name: text(called?.["name"]) ?? "", arguments: text(called?.["arguments"]) ?? "" };
}

/** Chat's form of logprobs; the older one of completions has lists side by side. */
function tokensOf(logprobs: unknown): AnswerToken[] {
  const given = object(logprobs);
  if (given === undefined) return [];
  const content = array(given["content"]).map((one) => object(one) ?? {});
  if (content.length > 0) {
    return content.map((one) => ({
      ...choiceOf(one),
      top: array(one["top_logprobs"]).map((t) => choiceOf(object(t) ?? {})),
    }));
  }
  const values = array(given["token_logprobs"]);
  const tops = array(given["top_logprobs"]);
  return array(given["tokens"]).map((token, i) => ({
    token: text(token) ?? "",
    logprob: number(values[i]) ?? 0,
    top: Object.entries(object(tops[i]) ?? {}).map(([name, value]) => ({ token: name, logprob: number(value) ?? 0 })),
  }));
}

function choiceOf(one: Json): { readonly token: string; readonly logprob: number } {
  return { token: text(one["token"]) ?? "", logprob: number(one["logprob"]) ?? 0 };
}

function parse(json: string): Json | undefined {
  try {
    return object(JSON.parse(json));
  } catch {
    return undefined;
  }
}

function object(value: unknown): Json | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Json) : undefined;
}

function array(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function text(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

function number(value: unknown): number | undefined {
  return typeof value === "number" ? value : undefined;
}

function defined<T extends object>(members: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  const known = Object.entries(members).filter(([, value]) => value !== undefined);
  return Object.fromEntries(known) as { [K in keyof T]?: Exclude<T[K], undefined> };
}
