// When a request is split into a prefill and a decode leg: by predicted cost, or by the threshold rules of others.
import { SwitchgearError } from "../core/index.ts";

export interface PairQuestion {
  readonly promptTokens: number;
  /** Of the prompt, on the worker that would serve the whole request. */
  readonly uncachedTokens: number;
  /** Predicted cost of both legs and the transfer. */
  readonly pairMs: number;
  /** Predicted cost on one worker. */
  readonly wholeMs: number;
}

/** Pure; true = two workers. */
export type PairRule = (question: PairQuestion) => boolean;

/** llm-d's prefix-based-pd-decider (llm-d-router docs/disaggregation.md): 16 uncached tokens in its published study; 0 never splits. */
export function llmdPairRule(nonCachedTokens = 16, promptTokens = 0): PairRule {
  return (question) =>
    nonCachedTokens > 0 && question.uncachedTokens >= nonCachedTokens && question.promptTokens >= promptTokens;
}

/** Dynamo's isl_bounding: one worker if fewer than 2,048 tokens are left to compute and that is less than .7 of the prompt. */
export function dynamoPairRule(tokens = 2048, ratio = 0.7): PairRule {
  return ({ uncachedTokens, promptTokens }) => !(uncachedTokens < tokens && uncachedTokens < ratio * promptTokens);
}

export const predictedPairRule: PairRule = ({ pairMs, wholeMs }) => pairMs < wholeMs;

const RULES: Readonly<Record<string, (...settings: number[]) => PairRule>> = {
  predicted: () => predictedPairRule,
  always: () => () => true,
  never: () => () => false,
  llmd: llmdPairRule,
  dynamo: dynamoPairRule,
};

/** A rule by name, `llmd:16` or `dynamo:2048:0.7` with settings; throws SWG_USAGE. */
export function pairRuleOf(spec: string): PairRule {
  const [name = "", ...texts] = spec.split(":");
  const settings = texts.map(Number);
  const rule = Object.hasOwn(RULES, name) ? RULES[name] : undefined;
  if (rule !== undefined && settings.length <= 2 && texts.every((one) => one !== "") && settings.every(isSetting))
    return rule(...settings);
  throw new SwitchgearError("SWG_USAGE", "There is no such rule for prefill/decode pairs.", {
    value: spec,
    where: "pair rule",
    expected: `${Object.keys(RULES).join(", ")}; llmd:tokens and dynamo:tokens:ratio take settings`,
  });
}

function isSetting(value: number): boolean {
  return Number.isFinite(value) && value >= 0;
}
