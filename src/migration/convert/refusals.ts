// What vLLM's parser takes and its start refuses: values out of range, and options that do not go together.
import { type ArgvOption, isBefore } from "../../vllm/index.ts";
import type { Context } from "./context.ts";
import type { Outcome } from "./disposition.ts";
import { ruleOf } from "./flag-rules.ts";

/** Undefined when vLLM would start with it, as far as it can be known without the model. */
export function refusalOf(context: Context, option: ArgvOption): Outcome | undefined {
  const range = outOfRange(option);
  const target = targetOf(option);
  if (range !== undefined) {
    const hint = `see --explain ${option.flag.name}`;
    return { disposition: "conflict", code: "bad-value", target, reason: `vLLM would refuse it: ${range}`, hint };
  }
  const clash = RULES[option.flag.name]?.(context, option);
  if (clash === undefined) return undefined;
  return { disposition: "conflict", code: "contradiction", target, ...clash };
}

function targetOf({ flag }: ArgvOption): string | null {
  const rule = ruleOf(flag);
  return rule.kind === "field" ? rule.path : null;
}

/** -1 stands for vLLM's choice where there is one. */
function outOfRange({ flag, value, values }: ArgvOption): string | undefined {
  const rule = ruleOf(flag);
  if (rule.kind !== "field" || typeof value !== "number") return undefined;
  const given = values.join(" ");
  if (rule.holds === "fraction" && !(value > 0 && value <= 1)) return `${given} is not above 0 and at most 1`;
  if (rule.holds === "positive-int" && value < 1 && !(flag.kind === "human-int-auto" && value === -1))
    return `${given} is less than 1`;
  return undefined;
}

/** From here on the V0 engine turned chunked prefill on by itself. */
const V0_LONG = 32_768;

type Rule = (context: Context, option: ArgvOption) => Pick<Outcome, "reason" | "hint"> | undefined;

/** By the option that has to go or to be joined by another one. */
const RULES: Readonly<Record<string, Rule>> = {
  "--enable-auto-tool-choice": needs("--tool-call-parser", "name the parser of the model"),
  "--served-model-name": ({ draft, effective, reading }) => {
    const named = draft.get("spec.model.name") !== undefined || effective.has("--model");
    const given = reading.ledger.reports.some(({ target }) => target === "spec.model.name");
    if (named || given || reading.launches[0]?.entry === "module") return undefined;
    return { reason: "vLLM would refuse a name without a model", hint: "name the model" };
  },
  "--enable-log-outputs": needs("--enable-log-requests", "add it"),
  "--max-num-batched-tokens": ({ effective, version }, { value }) => {
    if (typeof value !== "number") return undefined;
    const [sequences, length] = [effective.get("--max-num-seqs"), effective.get("--max-model-len")];
    if (typeof sequences === "number" && value < sequences) {
      const reason = `vLLM would refuse it: ${value} tokens a step are fewer than the ${sequences} of --max-num-seqs`;
      return { reason, hint: "raise it, or lower --max-num-seqs" };
    }
    if (typeof length !== "number" || value >= length) return undefined;
    const chunks = effective.get("--enable-chunked-prefill") ?? (!isBefore(version, "0.8.0") || length > V0_LONG);
    if (chunks === true) return undefined;
    const reason = `vLLM would refuse it: without chunked prefill ${value} tokens a step cannot hold the ${length} of --max-model-len`;
    return { reason, hint: "raise it, or leave chunked prefill on" };
  },
};

function needs(other: string, hint: string): Rule {
  return ({ effective }, { value }) => {
    const has = effective.get(other);
    if (value !== true || (has !== undefined && has !== null && has !== false && has !== "")) return undefined;
    return { reason: `vLLM would refuse it without ${other}`, hint };
  };
}
