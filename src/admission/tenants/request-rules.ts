// What a tenant may ask at all, whatever it has used so far: models, parameters, lengths. Pure.
import type { TenantLimits } from "../../config/index.ts";

export interface Wish {
  /** Names by which the client may have called it. */
  readonly models: readonly string[];
  readonly fields: Readonly<Record<string, unknown>> | undefined;
  readonly maxTokens: number | undefined;
  /** Choices a prompt. */
  readonly n: number;
  readonly inputTokens: number;
  /** Whether `inputTokens` is exact. */
  readonly exact: boolean;
}

export interface Breach {
  readonly status: 400 | 404;
  readonly code: "model_not_found" | "context_length_exceeded" | "max_output_tokens_exceeded" | "parameter_not_allowed";
  readonly param: string;
  readonly message: string;
}

export function mayUse({ models }: TenantLimits, names: readonly string[]): boolean {
  return models === undefined || names.some((name) => models.includes(name));
}

/** A model that is not the tenant's does not exist for it. */
export function breachOf(limits: TenantLimits, wish: Wish): Breach | undefined {
  const [model = ""] = wish.models;
  if (!mayUse(limits, wish.models))
    return breach("model_not_found", "model", `The model \`${model.slice(0, 200)}\` does not exist.`);
  const denied = limits.denyParameters?.find((name) => wish.fields !== undefined && Object.hasOwn(wish.fields, name));
  if (denied !== undefined) return breach("parameter_not_allowed", denied, `The field \`${denied}\` is not allowed.`);
  const { maxOutputTokens, maxContextTokens } = limits;
  const { maxTokens = 0, inputTokens } = wish;
  if (maxOutputTokens !== undefined && maxTokens > maxOutputTokens) {
    const message = `${maxTokens} output tokens are asked, ${maxOutputTokens} are allowed.`;
    return breach("max_output_tokens_exceeded", "max_tokens", message);
  }
  const context = inputTokens + maxTokens;
  if (maxContextTokens !== undefined && wish.exact && context > maxContextTokens) {
    const message = `The prompt (${inputTokens} tokens) and the asked output (${maxTokens}) exceed the ${maxContextTokens} tokens allowed.`;
    return breach("context_length_exceeded", "messages", message);
  }
  return undefined;
}

function breach(code: Breach["code"], param: string, message: string): Breach {
  return { status: code === "model_not_found" ? 404 : 400, code, param, message };
}
