// Options that this release of vLLM has no more.
import type { RemovedFlag } from "../../vllm/index.ts";
import type { Context, OptionStep } from "./context.ts";
import { ruleOf } from "./flag-rules.ts";

export function convertRemoved(context: Context, { option, take }: OptionStep, { fate, removedIn }: RemovedFlag): void {
  const since = `removed in vLLM ${removedIn}`;
  if (fate.kind === "no-effect") {
    return take({ disposition: "dropped-safe", code: "without-effect", reason: `${since}: ${fate.note}` });
  }
  if (fate.kind === "renamed") {
    const words = [...fate.to, ...(fate.keepsValue ? option.values : [])];
    context.draft.addArguments(words);
    const target = "spec.serving.{pool}.args";
    return take({ disposition: "changed", code: "renamed", target, reason: `${since}: now ${words.join(" ")}` });
  }
  const rule = ruleOf(option.flag);
  const target = rule.kind === "special" || rule.kind === "field" ? targetOf(rule) : null;
  const hint = `${fate.note}; if your vLLM is older, say so with --vllm-version`;
  take({ disposition: "unsupported", code: "removed-option", target, reason: since, hint });
}

function targetOf(rule: { readonly path?: string; readonly target?: string | null }): string | null {
  return rule.path ?? rule.target ?? null;
}
