// What must be equal on both arms whatever the sampling: one breach is a fact, not noise.
import type { AnswerChoice, ArmAnswer, ComparedRequest } from "./answer.ts";

export type Invariant =
  /** The candidate refuses what the legacy arm accepts, or the other way round. */
  | "status-class"
  | "object"
  | "model"
  | "choice-count"
  | "finish-reason"
  /** Another tokenizer or chat template. */
  | "prompt-tokens"
  | "usage"
  | "logprobs"
  | "error-shape";

const FINISH_REASONS = new Set(["stop", "length", "tool_calls", "content_filter", "function_call", "abort"]);

/** Empty also when an arm failed: failures are counted elsewhere. */
export function brokenInvariants(
  primary: ArmAnswer,
  shadow: ArmAnswer,
  request: ComparedRequest,
): readonly Invariant[] {
  if (!hasAnswered(primary) || !hasAnswered(shadow)) return [];
  if (primary.class !== shadow.class) return ["status-class"];
  if (primary.class !== "ok") return sameKeys(primary.errorKeys, shadow.errorKeys) ? [] : ["error-shape"];
  const checks: readonly (readonly [Invariant, boolean])[] = [
    ["object", primary.object === shadow.object],
    ["model", primary.model === shadow.model],
    ["choice-count", primary.choices.length === shadow.choices.length],
    ["finish-reason", primary.choices.every(finishes) === shadow.choices.every(finishes)],
    ["usage", (primary.promptTokens === undefined) === (shadow.promptTokens === undefined)],
    ["prompt-tokens", primary.promptTokens === shadow.promptTokens || shadow.promptTokens === undefined],
    ["logprobs", !request.wantsLogprobs || hasLogprobs(primary) === hasLogprobs(shadow)],
  ];
  return checks.filter(([, holds]) => !holds).map(([name]) => name);
}

function hasAnswered(answer: ArmAnswer): boolean {
  return answer.class === "ok" || answer.class === "client-4xx";
}

function finishes({ finishReason }: AnswerChoice): boolean {
  return finishReason !== undefined && FINISH_REASONS.has(finishReason);
}

function hasLogprobs(answer: ArmAnswer): boolean {
  return answer.choices.every((choice) => choice.logprobs !== undefined);
}

function sameKeys(a: readonly string[] = [], b: readonly string[] = []): boolean {
  return [...a].sort().join() === [...b].sort().join();
}
