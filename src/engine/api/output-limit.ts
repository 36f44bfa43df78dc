// How many output tokens a request gets, and the texts with which vLLM refuses lengths that do not fit.
import { maxTokensTooLarge, maxTokensTooSmall, promptTooLong } from "../../vllm/index.ts";
import { ApiError, badValue } from "./api-error.ts";

export interface LengthRequest {
  readonly promptTokens: number;
  /** The client gave ids, which vLLM counts to the end; text it tokenises up to one token too many. */
  readonly counted?: boolean | undefined;
  /** What the client asked for; undefined = whatever the context leaves. */
  readonly asked: number | undefined;
  readonly maxModelLen: number;
}

export function checkMaxTokens(asked: number | undefined, maxModelLen: number, least = 1): void {
  if (asked === undefined) return;
  if (asked < least) throw new ApiError(maxTokensTooSmall(asked));
  if (asked > maxModelLen) throw new ApiError(maxTokensTooLarge(asked, maxModelLen));
}

export function outputLimit({ promptTokens, asked, maxModelLen, counted = false }: LengthRequest): number {
  if (promptTokens > maxModelLen || (promptTokens === maxModelLen && asked !== 0)) {
    const least = maxModelLen + (promptTokens > maxModelLen ? 1 : 0);
    throw new ApiError(promptTooLong(maxModelLen, counted ? promptTokens : least));
  }
  if (asked !== undefined && promptTokens + asked > maxModelLen) {
    const least = maxModelLen - asked + 1;
    const message = `This model's maximum context length is ${maxModelLen} tokens. However, you requested ${asked} output tokens and your prompt contains at least ${least} input tokens, for a total of at least ${maxModelLen + 1} tokens. Please reduce the length of the input prompt or the number of requested output tokens.`;
    throw badValue(message, "input_tokens", least);
  }
  return asked ?? maxModelLen - promptTokens;
}
