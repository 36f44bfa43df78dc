// The request that goes on where a lost worker stopped: token ids as its prompt, and what is left of the limits.
import { type BodyEdit, editBody, type InferenceRequest, lenientBoolean, lenientInteger } from "../../vllm/index.ts";

export interface ContinuationRequest {
  readonly route: "chat" | "completion";
  readonly request: InferenceRequest;
  /** As it went to the lost worker. */
  readonly body: Buffer;
  /** Items of a JSON array. */
  readonly promptIds: string;
  readonly outputIds: string;
  readonly promptTokens: number;
  /** Tokens made before the cut. */
  readonly made: number;
  /** Of the worker that goes on; undefined when it is not known. */
  readonly maxModelLen: number | undefined;
}

/** Fields of chat that have done their work in the prompt, or that completions do not have. */
const CHAT_ONLY = [
  "messages",
  "tools",
  "tool_choice",
  "parallel_tool_calls",
  "documents",
  "chat_template",
  "chat_template_kwargs",
  "add_generation_prompt",
  "continue_final_message",
  "media_io_kwargs",
  "mm_processor_kwargs",
  "reasoning_effort",
  "include_reasoning",
  "response_format",
  "top_logprobs",
  "max_completion_tokens",
];

/** Said of the prompt as the client wrote it. */
const PROMPT_ONLY = ["truncate_prompt_tokens", "add_special_tokens", "echo"];

/** vLLM's for completions. */
const DEFAULT_COMPLETION_TOKENS = 16;

/** Undefined when no token is left to be made. */
export function continuationBody(parts: ContinuationRequest): Buffer | undefined {
  const { request, body, promptIds, outputIds, made, route } = parts;
  const left = tokensLeft(parts);
  if (left !== undefined && left < 1) return undefined;
  const least = Math.max(0, (lenientInteger(request.fields["min_tokens"]) ?? 0) - made);
  const edit: BodyEdit = {
    remove: [
      ...PROMPT_ONLY,
      ...(route === "chat" ? [...CHAT_ONLY, "logprobs"] : []),
      ...(least === 0 ? ["min_tokens"] : []),
    ].filter((name) => !(name === "logprobs" && wantsLogprobs(request))),
    set: {
      prompt: `[${outputIds === "" ? promptIds : `${promptIds},${outputIds}`}]`,
      max_tokens: left === undefined ? "null" : String(left),
      return_token_ids: "true",
      ...(least > 0 && { min_tokens: String(least) }),
      ...(route === "chat" &&
        wantsLogprobs(request) && { logprobs: String(lenientInteger(request.fields["top_logprobs"]) ?? 0) }),
    },
  };
  return editBody(body, edit);
}

function tokensLeft({ route, request, made, promptTokens, maxModelLen }: ContinuationRequest): number | undefined {
  const asked = request.maxTokens ?? (route === "completion" ? DEFAULT_COMPLETION_TOKENS : undefined);
  if (asked !== undefined) return asked - made;
  return maxModelLen === undefined ? undefined : maxModelLen - promptTokens - made;
}

function wantsLogprobs({ fields }: InferenceRequest): boolean {
  return lenientBoolean(fields["logprobs"]);
}
