// The model that a request names: absent is the served one, an unknown name is 404.
import { unknownModel } from "../../vllm/index.ts";
import { ApiError } from "./api-error.ts";
import type { EngineContext } from "./engine-context.ts";
import { checkNameIsText } from "./well-formed-text.ts";

/** Returns the name to report, which is the first served one. */
export function checkModel(context: EngineContext, model: unknown): string {
  const names = context.options.servedModelNames;
  if (typeof model === "string" && model !== "" && !names.includes(model)) {
    checkNameIsText(model);
    throw new ApiError(unknownModel(model, names));
  }
  return names[0] ?? context.options.model;
}
