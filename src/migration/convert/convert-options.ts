// vLLM's options → fields and arguments of the deployment, each word with its outcome.
import { nearestName } from "../../model/index.ts";
import { type ArgvOption, FLAG_GROUPS, type ParsedArgv, REMOVED_FLAGS } from "../../vllm/index.ts";
import { type Context, type OptionStep, ownersOf } from "./context.ts";
import { type ExpandedWords, referredVariables, takeExpanded } from "./expansions.ts";
import { convertField, passThrough } from "./convert-field.ts";
import { type FlagRule, ruleOf } from "./flag-rules.ts";
import { refusalOf } from "./refusals.ts";
import { convertRemoved } from "./removed-options.ts";
import { isSecretOption, shownWords } from "./shown-words.ts";
import { convertSpecial } from "./special-options.ts";
import { strangeCharacter } from "./strange-character.ts";
import type { Outcome } from "./disposition.ts";

export function convertOptions(context: Context, { options, faults }: ParsedArgv): void {
  const last = new Map(options.filter(isUsable).map((one) => [one.flag.name, one]));
  for (const option of last.values()) {
    if (option.value !== undefined) context.effective.set(option.flag.name, option.value);
  }
  for (const option of options) convertOne(context, option, last.get(option.flag.name));
  for (const fault of faults) convertFault(context, fault);
}

/** Their values are read from the environment anyway. */
const REFERENCES = new Set(["--api-key", "--hf-token"]);

function isUsable({ problem }: ArgvOption): boolean {
  return problem === undefined;
}

function convertOne(context: Context, option: ArgvOption, last: ArgvOption | undefined): void {
  const { flag, words, problem, removed } = option;
  const shown = shownOf(context, option);
  const refers = REFERENCES.has(flag.name) && referredVariables(context, option) !== undefined;
  if (isSecretOption(flag.name) && !refers) for (const secret of option.values) context.reading.secrets.add(secret);
  const take = (outcome: Outcome): void => context.reading.ledger.take(ownersOf(context, words), outcome, shown);
  const rule = ruleOf(flag);
  if (!refers && takeExpanded(context, expanded(option, rule, shown))) return;
  if (problem !== undefined) {
    const reason = `vLLM would refuse it: ${problem}`;
    const target = rule.kind === "field" ? rule.path : null;
    return take({ disposition: "conflict", code: "bad-value", target, reason, hint: `see --explain ${flag.name}` });
  }
  if (last !== option && flag.kind !== "append") {
    return take({
      disposition: "dropped-safe",
      code: "overridden",
      reason: "given again later, and the last one counts",
    });
  }
  const refusal = refusalOf(context, option);
  if (refusal !== undefined) return take(refusal);
  const step: OptionStep = { option, take };
  if (removed !== undefined) return convertRemoved(context, step, removed);
  if (rule.kind === "field") return convertField(context, step, rule);
  if (rule.kind === "special") return convertSpecial(context, step);
  if (rule.kind === "argument") return passThrough(context, step, rule.note);
  const { kind, reason, hint = null } = rule;
  take({ disposition: kind, code: kind === "changed" ? "gateway-owns" : "not-in-fleet", reason, hint });
}

function expanded({ words }: ArgvOption, rule: FlagRule, shown: readonly string[]): ExpandedWords {
  return { words, path: rule.kind === "field" ? rule.path : undefined, shown };
}

function shownOf(context: Context, { flag, words }: Pick<ArgvOption, "flag" | "words">): string[] {
  return shownWords(flag.name, ownersOf(context, words));
}

type Fault = ParsedArgv["faults"][number];

const FAULTS: Readonly<Record<Fault["kind"], Pick<Outcome, "code" | "reason">>> = {
  "unknown-option": { code: "unknown-option", reason: "vLLM has no such option" },
  ambiguous: { code: "ambiguous-option", reason: "several options begin with it" },
  "extra-word": { code: "stray-word", reason: "a word that belongs to no option" },
};

function convertFault(context: Context, { kind, spelled, words, candidates }: Fault): void {
  const tokens = ownersOf(context, words);
  const shown = shownWords(spelled, tokens);
  if (takeExpanded(context, { words, path: undefined, shown })) return;
  const { code, reason } = FAULTS[kind];
  const hint = faultHint(kind, spelled, candidates);
  const release = kind === "extra-word" ? reason : `${reason} (${context.version.text})`;
  context.reading.ledger.take(tokens, { disposition: "unknown", code, reason: release, hint }, shown);
}

function faultHint(kind: Fault["kind"], spelled: string, candidates: readonly string[]): string {
  const strange = strangeCharacter(spelled);
  if (strange !== undefined) return `there is ${strange} in it: write it anew`;
  if (candidates.length > 0) return `write one of ${candidates.join(", ")}`;
  if (kind === "extra-word" && spelled.trim() === "") return "is there a space after the backslash at a line's end?";
  if (kind === "extra-word") return "a model is one word, before or after the options";
  const near = nearestOption(spelled);
  if (near !== undefined) return `did you mean ${near}?`;
  return "check the spelling and --vllm-version; a newer option goes to workers by --set spec.serving.workers.args=[…]";
}

const OPTION_NAMES = [...FLAG_GROUPS.flatMap(({ flags }) => flags), ...REMOVED_FLAGS.map(({ flag }) => flag)].map(
  ({ name }) => name,
);

function nearestOption(spelled: string): string | undefined {
  const name = spelled.split("=", 1)[0] ?? "";
  // A longer text is no typing error.
  return name.startsWith("--") && name.length <= 60 ? nearestName(name, OPTION_NAMES) : undefined;
}
