// What of a request decides whether its stream can be continued at another worker: one row a feature. docs/failover.md shows this table.
import { type JsonObject, lenientBoolean } from "../../vllm/index.ts";

/** exact: the same bytes as uninterrupted · approximate: a valid continuation, not the one that was lost · never: a clean error. */
export type Exactness = "exact" | "approximate" | "never";

export interface Feature {
  readonly name: string;
  readonly uses: (fields: JsonObject) => boolean;
  /** Undefined where the route does not know it. */
  readonly chat: Exactness | undefined;
  readonly completion: Exactness | undefined;
  readonly why: string;
  /** A chat goes on as a chat, whose last message is the text so far: token ids would not do. */
  readonly byText?: true;
}

/** Below this vLLM takes the likeliest token. */
const GREEDY_BELOW = 1e-5;

/** Looking back so far costs 4 µs a token, and ever more beyond. */
const LONG_STOP = 1000;

export const FEATURES: readonly Feature[] = [
  row("greedy", (f) => !isSampled(f), ["exact", "exact"], "`temperature: 0`: any worker makes the same token"),
  row(
    "sampled",
    (f) => isSampled(f) && f["seed"] === undefined,
    ["approximate", "approximate"],
    "the rest is drawn anew, after the tokens that the client has",
  ),
  row(
    "seeded",
    (f) => isSampled(f) && f["seed"] !== undefined,
    ["approximate", "approximate"],
    "the generator's position is lost with the worker",
  ),
  {
    ...row(
      "sampled_with_stop",
      stopsSampled,
      ["approximate", "never"],
      "what may begin a stop string would be drawn anew: a chat goes on behind what the client has, and one that spans the cut is not seen",
    ),
    byText: true,
  },
  row(
    "stop_strings",
    (f) => holdOf(f) > 0,
    ["exact", "exact"],
    "the cut lies before what may begin one; what the client has is skipped",
  ),
  row(
    "long_stop_strings",
    (f) => holdOf(f) >= LONG_STOP,
    ["never", "never"],
    `one of more than ${LONG_STOP} characters: what may begin it would be looked at again with each token`,
  ),
  row("length_limits", (f) => has(f, LENGTHS), ["exact", "exact"], "reduced by the tokens before the cut"),
  row(
    "repetition_penalty",
    (f) => number(f["repetition_penalty"], 1) !== 1,
    ["exact", "exact"],
    "counts prompt and output alike",
  ),
  row(
    "output_penalties",
    (f) => number(f["presence_penalty"], 0) !== 0 || number(f["frequency_penalty"], 0) !== 0,
    ["approximate", "approximate"],
    "presence and frequency penalties count the output only, whose beginning is prompt now",
  ),
  row("bad_words", (f) => filled(f["bad_words"]), ["approximate", "approximate"], "one that spans the cut is not seen"),
  row(
    "vllm_xargs",
    (f) => has(f, ["vllm_xargs", "logits_processors"]),
    ["approximate", "approximate"],
    "what they do with the output is not known",
  ),
  row(
    "logprobs",
    (f) => f["logprobs"] !== undefined && f["logprobs"] !== null && f["logprobs"] !== false,
    ["approximate", "approximate"],
    "figures of another batch; `text_offset` counts from the cut",
  ),
  row(
    "several_choices",
    (f) => number(f["n"], 1) > 1 || number(f["best_of"], 1) > 1,
    ["never", "never"],
    "`n` above 1",
  ),
  row("several_prompts", (f) => isSeveral(f["prompt"]), [undefined, "never"], "a list of prompts"),
  row("beam_search", (f) => lenientBoolean(f["use_beam_search"]), ["never", "never"], "the beams are lost"),
  row(
    "structured_output",
    isStructured,
    ["never", "never"],
    "the grammar would begin anew in the middle of its sentence",
  ),
  byText("tools", offersTools, "only while the stream is text; a call that has begun is lost with its parser"),
  row(
    "forced_tool",
    (f) => offersTools(f) && !isAuto(f["tool_choice"]),
    ["never", undefined],
    "`tool_choice` is `required` or names one: a grammar makes the call",
  ),
  row("echo", (f) => lenientBoolean(f["echo"]), ["never", "never"], "ids of the prompt change what is echoed"),
  byText("images_audio", hasMedia, "token ids do not hold them; they are sent again"),
  row(
    "own_ids_by_text",
    (f) => lenientBoolean(f["return_token_ids"]) && (offersTools(f) || hasMedia(f) || stopsSampled(f)),
    ["never", undefined],
    "`return_token_ids` with one of `by text`: text that is tokenised anew has other ids",
  ),
  row("prompt_embeds", (f) => has(f, ["prompt_embeds"]), [undefined, "never"], "no token ids"),
  row(
    "thinking_budget",
    (f) => has(f, ["thinking_token_budget", "repetition_detection"]),
    ["never", "never"],
    "counted from the beginning of the output",
  ),
  row("transfer_params", (f) => has(f, ["kv_transfer_params"]), ["never", "never"], "good for one use"),
];

function row(
  name: string,
  uses: Feature["uses"],
  [chat, completion]: readonly [Feature["chat"], Feature["completion"]],
  why: string,
): Feature {
  return { name, uses, chat, completion, why };
}

/** Of chats, with `continue_final_message`. */
function byText(name: string, uses: Feature["uses"], why: string): Feature {
  return { ...row(name, uses, ["approximate", undefined], why), byText: true };
}

const LENGTHS = ["max_tokens", "max_completion_tokens", "min_tokens"];

/** Code points that may begin a stop string: vLLM looks at so many again with each token. */
export function holdOf(fields: JsonObject): number {
  const { stop } = fields;
  const stops: readonly unknown[] = Array.isArray(stop) ? (stop as unknown[]) : [stop];
  const lengths = stops.map((one) => (typeof one === "string" ? Array.from(one).length : 0));
  return Math.max(0, Math.max(0, ...lengths) - 1);
}

/** Code points of them that vLLM does not send before it knows. */
export function lagOf(fields: JsonObject): number {
  return lenientBoolean(fields["include_stop_str_in_output"]) ? 0 : holdOf(fields);
}

export function isSampled(fields: JsonObject): boolean {
  const { temperature } = fields;
  return typeof temperature !== "number" || temperature >= GREEDY_BELOW;
}

function isStructured(fields: JsonObject): boolean {
  if (has(fields, STRUCTURED)) return true;
  const format = fields["response_format"];
  if (typeof format !== "object" || format === null) return false;
  return (format as { readonly type?: unknown }).type !== "text";
}

const STRUCTURED = [
  "structured_outputs",
  "guided_json",
  "guided_regex",
  "guided_choice",
  "guided_grammar",
  "structural_tag",
];

function stopsSampled(fields: JsonObject): boolean {
  return isSampled(fields) && holdOf(fields) > 0;
}

function offersTools({ tools, tool_choice: choice }: JsonObject): boolean {
  return filled(tools) && choice !== "none";
}

function isAuto(choice: unknown): boolean {
  return choice === undefined || choice === null || choice === "auto";
}

/** Anything in a message that is not text. */
export function hasMedia({ messages }: JsonObject): boolean {
  if (!Array.isArray(messages)) return false;
  return messages.some((message: unknown) => {
    const content = typeof message === "object" && message !== null ? (message as JsonObject)["content"] : undefined;
    return Array.isArray(content) && content.some((part: unknown) => !isText(part));
  });
}

function isText(part: unknown): boolean {
  if (typeof part === "string") return true;
  return typeof part === "object" && part !== null && (part as JsonObject)["type"] === "text";
}

export function isSeveral(prompt: unknown): boolean {
  return Array.isArray(prompt) && prompt.length > 1 && typeof prompt[0] !== "number";
}

function has(fields: JsonObject, names: readonly string[]): boolean {
  return names.some((name) => fields[name] !== undefined && fields[name] !== null);
}

function filled(value: unknown): boolean {
  return Array.isArray(value) && value.length > 0;
}

/** vLLM takes strings of numbers, too. */
function number(value: unknown, absent: number): number {
  const given = typeof value === "string" && value.trim() !== "" ? Number(value) : value;
  return typeof given === "number" && !Number.isNaN(given) ? given : absent;
}
