// Variables of the input → `env` of the workers; secrets stay in the environment.
import type { Context } from "./context.ts";
import { keyVariable } from "./front-options.ts";
import { holdsCredential } from "./hide-secrets.ts";
import type { EnvVariable } from "./reading.ts";
import { isSecretName } from "./shown-words.ts";
import { HIDDEN } from "./token.ts";

const TARGET = "spec.serving.{pool}.env";

export function convertEnv(context: Context): void {
  const last = new Map(context.reading.env.map((one) => [one.name, one]));
  const kept: Record<string, string> = {};
  for (const variable of context.reading.env) {
    const value = convertVariable(context, variable, last.get(variable.name) === variable);
    if (value !== undefined) kept[variable.name] = value;
  }
  if (Object.keys(kept).length > 0) context.draft.set(TARGET, kept, "variables of the command");
}

/** The value that workers get, undefined for none. */
function convertVariable(context: Context, variable: EnvVariable, isLast: boolean): string | undefined {
  const { name, value, tokens, expansion } = variable;
  const shown = shownVariable(variable);
  const isSecret = isSecretName(name) || (value !== undefined && holdsCredential(value));
  if (isSecret && value !== undefined) context.reading.secrets.add(value);
  const { ledger } = context.reading;
  const take = (outcome: Parameters<typeof ledger.take>[1]): undefined => {
    ledger.take(tokens, outcome, shown);
    return undefined;
  };
  if (!isLast) return take({ disposition: "dropped-safe", code: "overridden", reason: "set again later" });
  if (name === "VLLM_API_KEY") return take(keyVariable(context, value));
  const target = `environment ${name}`;
  const hint = `set ${name} where \`switchgear serve\` runs; workers inherit it`;
  if (isSecret) {
    return take({ disposition: "changed", code: "secret", target, reason: "a secret does not belong in a file", hint });
  }
  if (value === undefined) {
    return take({ disposition: "changed", code: "environment", target, reason: "its value stands elsewhere", hint });
  }
  if (!/^[A-Za-z_]\w*$/.test(name)) {
    return take({ disposition: "unknown", code: "stray-word", reason: "no name of a variable" });
  }
  if (expansion !== undefined) {
    const reason = `${expansion} would be replaced before vLLM sees it; nothing is executed here`;
    return take({ disposition: "unsupported", code: "expansion", target: TARGET, reason, hint });
  }
  ledger.take(tokens, { disposition: "mapped", code: "environment", target: TARGET, reason: "workers get it" }, shown);
  return value;
}

function shownVariable({ name, tokens, value }: EnvVariable): string[] {
  const texts = tokens.map(({ text }) => text);
  if (!isSecretName(name) || value === undefined || value === "") return texts;
  return texts.map((text) => text.replaceAll(value, HIDDEN));
}
