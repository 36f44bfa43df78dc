// Asks the legacy arm how likely it finds the candidate's answer: the request again, with that answer to continue from.
import type { ScoredToken } from "./cross-score.ts";
import type { ArmAnswer } from "./answer.ts";
import type { PairRecord } from "./pair-record.ts";

export interface ScoreRequest {
  /** JSON for the legacy arm, by its own name of the model. */
  readonly body: string;
  /** Tokens of the prompt alone: what is scored comes after them. */
  readonly promptTokens: number;
}

export interface ScoreParts {
  readonly record: PairRecord;
  /** The client's body as JSON. */
  readonly request: string;
  readonly path: string;
  readonly model: string;
  readonly shadow: ArmAnswer;
}

/** A longer prompt costs the legacy arm more than the score is worth. */
const LONGEST_PROMPT = 8192;

/** Undefined when there is nothing to explain, or no way to say it: the answers part by more than noise, in one plain text. */
export function scoreRequest(parts: ScoreParts): ScoreRequest | undefined {
  const { record, shadow } = parts;
  const { promptTokens = Infinity } = record.primary;
  const [choice] = shadow.choices;
  const parted = record.comparison?.equal === false && record.comparison.severity !== "tie";
  const plain = shadow.choices.length === 1 && choice?.toolCalls.length === 0 && choice.text !== "";
  if (record.determinism === "sampled" || !parted || !plain || promptTokens > LONGEST_PROMPT) return undefined;
  const body = continued(parts, choice.text);
  return body && { body: JSON.stringify(body), promptTokens };
}

type Json = Readonly<Record<string, unknown>>;

/** vLLM returns the token itself for 0 prompt logprobs; tools and template arguments stay, they are part of the prompt. */
function continued({ request, path, model }: ScoreParts, text: string): Json | undefined {
  const asked = JSON.parse(request) as Json;
  const kept = pick(asked, ["tools", "chat_template", "chat_template_kwargs", "documents", "add_special_tokens"]);
  const score = { ...kept, model, max_tokens: 1, temperature: 0, prompt_logprobs: 0 };
  const { messages, prompt } = asked;
  if (path.endsWith("/chat/completions") && Array.isArray(messages)) {
    const answered = [...(messages as unknown[]), { role: "assistant", content: text }];
    return { ...score, messages: answered, add_generation_prompt: false, continue_final_message: true };
  }
  return typeof prompt === "string" ? { ...score, prompt: prompt + text } : undefined;
}

function pick(from: Json, names: readonly string[]): Json {
  return Object.fromEntries(names.filter((name) => from[name] !== undefined).map((name) => [name, from[name]]));
}

/** Of the legacy's reply; empty when it does not say what was asked for. */
export function readScores(reply: string, promptTokens: number): readonly ScoredToken[] {
  const body = JSON.parse(reply) as { prompt_logprobs?: unknown; choices?: { prompt_logprobs?: unknown }[] };
  const list = body.prompt_logprobs ?? body.choices?.[0]?.prompt_logprobs;
  if (!Array.isArray(list)) return [];
  return list.slice(promptTokens).flatMap(scoreOf);
}

/** One entry: the token that stands there. */
function scoreOf(entry: unknown): ScoredToken[] {
  const [own] = Object.values((entry ?? {}) as Record<string, Partial<ScoredToken>>);
  return typeof own?.logprob === "number" && typeof own.rank === "number"
    ? [{ logprob: own.logprob, rank: own.rank }]
    : [];
}
