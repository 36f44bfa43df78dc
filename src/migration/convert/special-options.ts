// Options whose meaning for a fleet depends on their value or on other options.
import { argumentWords, passThrough } from "./convert-field.ts";
import type { Context, OptionStep } from "./context.ts";
import { referredVariables } from "./expansions.ts";
import { FRONT_OPTIONS } from "./front-options.ts";

type Special = (context: Context, step: OptionStep) => void;

export function convertSpecial(context: Context, step: OptionStep): void {
  (SPECIAL[step.option.flag.name] ?? passThrough)(context, step);
}

const ALGORITHM = "spec.routing.algorithm";

const SPECIAL: Readonly<Record<string, Special>> = {
  ...FRONT_OPTIONS,
  "--enable-prefix-caching": prefixCaching,
  "--scheduler-delay-factor": schedulerDelayFactor,
  "--revision": revision,
  "--hf-token": hubToken,
  "--data-parallel-size": dataParallel,
  "--enable-prompt-tokens-details": promptTokensDetails,
  "--kv-transfer-config": kvTransfer,
  "--config": configFile,
};

function prefixCaching({ draft }: Context, { option, take }: OptionStep): void {
  const on = option.value === true;
  const algorithm = on ? "kv_aware" : "least_loaded";
  draft.set(ALGORITHM, algorithm, option.negated ? "--no-enable-prefix-caching" : option.flag.name);
  draft.addArguments(argumentWords(option));
  const reason = on
    ? "workers keep prefixes, so routing looks for them"
    : "without prefixes to find, the least load decides";
  take({ disposition: "mapped", code: "field", target: ALGORITHM, reason });
}

/** Only releases that have it come here. */
function schedulerDelayFactor({ draft }: Context, { option, take }: OptionStep): void {
  const target = "spec.serving.{pool}.schedulerDelayFactor";
  if (typeof option.value === "number") draft.set(target, option.value, option.flag.name);
  draft.addArguments(argumentWords(option));
  const hint = "vLLM 0.11.0 and later do not have it";
  take({ disposition: "mapped", code: "field", target, reason: "legacy field; workers get the option too", hint });
}

function revision({ draft, effective }: Context, { option, take }: OptionStep): void {
  draft.addArguments(argumentWords(option));
  const value = effective.get("--tokenizer-revision") ?? option.value;
  const target = "spec.tokenizer.revision";
  if (typeof value === "string" && /^[\w./-]{1,100}$/.test(value)) draft.set(target, value, option.flag.name);
  take({ disposition: "mapped", code: "field", target, reason: "workers and the gateway's tokenizer take it" });
}

function hubToken(context: Context, step: OptionStep): void {
  // Bare, it only says that the login of the machine is used.
  if (step.option.value === true) return passThrough(context, step);
  const target = "environment HF_TOKEN";
  const [name = "HF_TOKEN"] = referredVariables(context, step.option) ?? [];
  const given = name === "HF_TOKEN" ? name : `HF_TOKEN="$${name}"`;
  const hint = `export ${given} where \`switchgear serve\` runs; workers inherit it`;
  step.take({ disposition: "changed", code: "secret", target, reason: "a secret does not belong in a file", hint });
}

function dataParallel({ draft, effective }: Context, { option, take }: OptionStep): void {
  const ranks = option.value;
  if (ranks === 1) return take({ disposition: "dropped-safe", code: "is-default", reason: "it is vLLM's default" });
  const target = "spec.serving.{pool}.replicas";
  if (typeof ranks !== "number" || ranks < 1 || effective.get("--enable-expert-parallel") === true) {
    const reason = "ranks that share experts cannot be workers of their own";
    const hint = "start such a server yourself and name it under spec.serving.workers.endpoints";
    return take({ disposition: "unsupported", code: "not-in-fleet", target, reason, hint });
  }
  const replicas = draft.get(target);
  draft.set(target, (typeof replicas === "number" ? replicas : 1) * ranks, `${option.spelled} ${ranks}`);
  const reason = `${ranks} ranks become ${ranks} workers, so that routing chooses among them`;
  take({ disposition: "changed", code: "equivalent", target, reason });
}

function promptTokensDetails(_: Context, { option, take }: OptionStep): void {
  const reason = "every worker is started with it: Switchgear checks its predictions by it";
  if (option.value === true) return take({ disposition: "mapped", code: "gateway-owns", reason });
  take({ disposition: "changed", code: "gateway-owns", reason });
}

function kvTransfer(context: Context, step: OptionStep): void {
  const role = (step.option.value as { readonly kv_role?: unknown } | null | undefined)?.kv_role;
  const oneSided = role === "kv_producer" || role === "kv_consumer";
  if (!oneSided || context.strategy === "disaggregated") return passThrough(context, step);
  const hint = "convert the whole deployment with --strategy disaggregated, or leave the transfer out";
  const reason = `kv_role ${role} serves one half of a request; a colocated worker serves both`;
  step.take({ disposition: "unsupported", code: "not-in-fleet", target: "spec.serving.strategy", reason, hint });
}

/** Two words are read before; this is `--config=FILE`. */
function configFile(_: Context, { option, take }: OptionStep): void {
  const reason = "vLLM reads a config file only when --config and the file are two words; this one it ignores";
  const hint = `write --config ${option.values[0] ?? "FILE"} if it is meant`;
  take({ disposition: "conflict", code: "contradiction", reason, hint });
}
