// Ranges of the sampling parameters, in the order and with the texts of vLLM's SamplingParams.
import { badRequest, choicesTooFew, temperatureNegative, topPOutOfRange } from "../../vllm/index.ts";
import { ApiError, badValue } from "./api-error.ts";
import { pythonFloat } from "./python-float.ts";

export interface SamplingRanges {
  readonly n: number;
  readonly presencePenalty: number;
  readonly frequencyPenalty: number;
  readonly repetitionPenalty: number;
  readonly temperature: number;
  readonly topP: number | undefined;
  readonly topK: number;
  readonly minP: number;
  readonly minTokens: number;
}

/** Below it vLLM samples greedily. */
export const GREEDY_BELOW = 1e-5;

/** `maxTokens` undefined: whatever the context leaves. */
export function checkRanges(sampling: SamplingRanges, maxTokens: number | undefined): void {
  const { n, temperature, topP, topK, minP, minTokens } = sampling;
  checkChoices(n);
  checkPenalties(sampling);
  if (!Number.isFinite(temperature)) throw outside("a finite number", temperature);
  if (temperature < 0) throw new ApiError(temperatureNegative(temperature));
  if (temperature > 2) throw outside("in [0, 2]", temperature);
  if (topP !== undefined && !(topP > 0 && topP <= 1)) throw new ApiError(topPOutOfRange(topP));
  if (topK < -1) throw badValue(`top_k must be 0 (disable), or at least 1, got ${topK}.`);
  if (!(minP >= 0 && minP <= 1)) throw badValue(`min_p must be in [0, 1], got ${float(minP)}.`);
  if (minTokens < 0) throw badValue(`min_tokens must be greater than or equal to 0, got ${minTokens}.`);
  if (maxTokens !== undefined && minTokens > maxTokens)
    throw badValue(`min_tokens must be less than or equal to max_tokens=${maxTokens}, got ${minTokens}.`);
}

/** Checked after everything else of the parameters. */
export function checkGreedy({ n, temperature }: SamplingRanges): void {
  if (temperature < GREEDY_BELOW && n > 1) throw badValue(`n must be 1 when using greedy sampling, got ${n}.`);
}

function checkChoices(n: number): void {
  if (n < 1) throw new ApiError(choicesTooFew(n));
  if (n <= 16384) return;
  const limit = "To increase this limit, set the VLLM_MAX_N_SEQUENCES environment variable.";
  throw badValue(`n must be at most 16384, got ${n}. ${limit}`);
}

function checkPenalties({ presencePenalty, frequencyPenalty, repetitionPenalty }: SamplingRanges): void {
  if (!(Math.abs(presencePenalty) <= 2))
    throw badValue(`presence_penalty must be in [-2, 2], got ${float(presencePenalty)}.`);
  if (!(Math.abs(frequencyPenalty) <= 2))
    throw badValue(`frequency_penalty must be in [-2, 2], got ${float(frequencyPenalty)}.`);
  if (!Number.isFinite(repetitionPenalty))
    throw badValue(`repetition_penalty must be a finite number, got ${float(repetitionPenalty)}.`);
  if (repetitionPenalty <= 0)
    throw badValue(`repetition_penalty must be greater than zero, got ${float(repetitionPenalty)}.`);
}

function outside(expected: string, temperature: number): ApiError {
  const value = float(temperature);
  return new ApiError(badRequest(`temperature must be ${expected}, got ${value}.`, "temperature", value));
}

function float(value: number): string {
  if (Number.isNaN(value)) return "nan";
  if (!Number.isFinite(value)) return value > 0 ? "inf" : "-inf";
  return JSON.stringify(pythonFloat(value));
}
