// Options that have a field of their own, and those that workers get as they are.
import { type FlagValue, removalOf } from "../../vllm/index.ts";
import { type Context, isSet, type OptionStep } from "./context.ts";
import type { FieldValue } from "./draft.ts";
import type { FieldRule } from "./flag-rules.ts";
import { holdsSecret } from "./hide-secrets.ts";

export function convertField(context: Context, step: OptionStep, rule: FieldRule): void {
  const { option, take } = step;
  const { value = null, flag } = option;
  if (value === null || (rule.holds === "boolean" && value === false)) {
    return take({ disposition: "dropped-safe", code: "is-default", reason: "it says what holds without it" });
  }
  const listens = rule.path.startsWith("spec.gateway.listener.");
  if (listens && context.reading.facts.contained === true) {
    const reason = "inside of the container; clients connect to the gateway's listener";
    return take({ disposition: "dropped-safe", code: "container", reason });
  }
  const held = heldBy(rule, value);
  if (held === undefined) {
    if (!listens) return passThrough(context, step, `${rule.path} cannot hold it`);
    return take({
      disposition: "unsupported",
      code: "bad-value",
      target: rule.path,
      reason: "no address to listen on",
    });
  }
  context.draft.set(rule.path, held, commentOf(option.spelled, option.values, held));
  const reason = [`${flag.name} has a field`, rule.note].filter(Boolean).join(": ");
  const hint = listens ? "while the old server runs on this machine, give another one with --set" : null;
  take({
    disposition: "mapped",
    code: "field",
    target: rule.path,
    reason,
    hint: isSet(context, rule.path) ? null : hint,
  });
}

/** `32k` is worth saying. */
function commentOf(spelled: string, values: readonly string[], held: FieldValue): string {
  const given = values.join(" ");
  const isOther = typeof held === "number" && given !== String(held);
  return !isOther ? spelled : `${spelled} ${given}`;
}

function heldBy({ holds }: FieldRule, value: FlagValue): FieldValue | undefined {
  switch (holds) {
    case "text":
      return typeof value === "string" && value !== "" && value.length <= 512 ? value : undefined;
    case "texts":
      return heldTexts(value);
    case "host":
      return typeof value === "string" && /^[\w.:-]{1,253}$/.test(value) ? value : undefined;
    case "port":
      return typeof value === "number" && value >= 1 && value <= 65_535 ? value : undefined;
    case "method":
      return typeof value === "string" && /^[a-z0-9_-]{1,40}$/.test(value) ? value : undefined;
    case "boolean":
      return value === true ? true : undefined;
    case "positive-int":
      return typeof value === "number" && value >= 1 && value <= 100_000_000 ? value : undefined;
    case "fraction":
      return typeof value === "number" && value > 0 && value <= 1 ? value : undefined;
  }
}

function heldTexts(value: FlagValue): readonly string[] | undefined {
  const texts = Array.isArray(value) ? value : [value];
  const usable = texts.every((one): one is string => typeof one === "string" && one !== "" && one.length <= 512);
  return usable && texts.length <= 64 ? [...new Set(texts)] : undefined;
}

/** To every worker, under the option's full name. */
export function passThrough(context: Context, { option, take }: OptionStep, note?: string): void {
  const { flag } = option;
  if (option.values.some(holdsSecret)) {
    const reason = "there is a secret in its value, which does not belong in a file";
    const hint =
      "give it to vLLM by a variable, or write it by --set spec.serving.workers.args=[…] into a file that you guard";
    return take({ disposition: "unsupported", code: "secret", target: "spec.serving.{pool}.args", reason, hint });
  }
  context.draft.addArguments(argumentWords(option));
  const removal = removalOf(flag);
  const reason = note ?? "workers are started with it";
  const hint = removal === undefined ? null : `vLLM ${removal.removedIn} and later do not have it`;
  take({ disposition: "passed-through", code: "argument", target: "spec.serving.{pool}.args", reason, hint });
}

export function argumentWords({ flag, negated, values }: OptionStep["option"]): string[] {
  const name = negated ? `--no-${flag.name.slice(2)}` : flag.name;
  const [only] = values;
  // A value that begins with a dash would be read as an option.
  const joined = values.length === 1 && only !== undefined && /^-./.test(only) && !/^-\d+$/.test(only);
  return joined ? [`${name}=${only}`] : [name, ...values];
}
