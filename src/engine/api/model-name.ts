// The model that a request names: absent is the served one, an unknown name is 404.
import { unknownModel } from "../../vllm/index.ts";
import { ApiError } from "./api-error.ts";
import type { EngineContext } from "./engine-context.ts";
import { checkNameIsText } from "./well-formed-text.ts";

/** Returns the name to report: an adapter's own, or the first served one. */
export function checkModel(context: EngineContext, model: unknown): string {
  const names = context.options.servedModelNames;
  const adapter = adapterOf(context, model);
  if (adapter !== undefined) return adapter;
  if (typeof model === "string" && model !== "" && !names.includes(model)) {
    checkNameIsText(model);
    throw new ApiError(unknownModel(model, names));
  }
  return names[0] ?? context.options.model;
}

/** The adapter that a request names; undefined for the model itself. */
export function adapterOf({ adapters, options }: EngineContext, model: unknown): string | undefined {
  if (typeof model !== "string" || options.servedModelNames.includes(model)) return undefined;
  return adapters.has(model) ? model : undefined;
}
