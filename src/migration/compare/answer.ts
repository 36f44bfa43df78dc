// What an arm answered, as far as two answers are compared.
import type { ArmLegClass } from "../../gateway/index.ts";

export interface TokenChoice {
  readonly token: string;
  readonly logprob: number;
}

export interface AnswerToken extends TokenChoice {
  /** The most likely tokens at this place, when they were asked for. */
  readonly top: readonly TokenChoice[];
}

export interface ToolCall {
  readonly name: string;
  /** JSON text as the model wrote it. */
  readonly arguments: string;
}

export interface AnswerChoice {
  readonly text: string;
  readonly finishReason?: string;
  readonly toolCalls: readonly ToolCall[];
  /** Tokens in order: from logprobs, returned ids, or the chunks' tokens. */
  readonly tokens?: readonly string[];
  readonly logprobs?: readonly AnswerToken[];
}

export interface ArmAnswer {
  readonly class: ArmLegClass;
  readonly status?: number;
  readonly object?: string;
  /** As the client sees it, after the arm's model map. */
  readonly model?: string;
  readonly choices: readonly AnswerChoice[];
  readonly promptTokens?: number;
  readonly outputTokens?: number;
  readonly cachedTokens?: number;
  readonly ttftMs?: number;
  readonly totalMs?: number;
  /** P99 of the gaps between token-bearing chunks of this answer. */
  readonly itlMs?: number;
  /** Keys of the error object of a refused request. */
  readonly errorKeys?: readonly string[];
}

/** The request, as far as the comparison depends on it. */
export interface ComparedRequest {
  readonly session: string;
  /** Epoch ms of the primary's dispatch. */
  readonly at: number;
  /** For example "short stream", "tools". */
  readonly stratum: string;
  readonly temperature?: number;
  readonly topK?: number;
  readonly seed?: number;
  readonly wantsLogprobs: boolean;
  readonly wantsJson: boolean;
  readonly streamed: boolean;
  /** The shadow's output was cut by a cap of ours: its text is no evidence. */
  readonly truncated: boolean;
}
