// A request body → prompt token ids, or the refusal that vLLM answers.
import { type PromptKind, renderPrompt } from "../../tokens/index.ts";
import { emptyConversation, notMultimodal } from "../../vllm/index.ts";
import { ApiError, badValue } from "./api-error.ts";
import type { EngineContext } from "./engine-context.ts";
import { isObject, type JsonObject } from "./json-object.ts";

export function readPrompts(context: EngineContext, kind: PromptKind, body: JsonObject): readonly Int32Array[] {
  const rendered = renderPrompt({ kind, body: faulty(context, body), text: context.text });
  if (rendered.prompts !== undefined) return rendered.prompts;
  if (rendered.fault === "content") {
    const model = context.options.servedModelNames[0] ?? context.options.model;
    throw new ApiError(notMultimodal(model));
  }
  if (rendered.fault === "template") throw badValue(rendered.detail ?? rendered.unsupported);
  if (kind !== "completions") throw new ApiError(emptyConversation());
  throw badValue("Either prompt or prompt_embeds must be provided and non-empty.", "prompt");
}

/** The faults that make this engine differ on purpose. */
function faulty(context: EngineContext, body: JsonObject): JsonObject {
  const { templateFault, dropTools } = context.options;
  if (!templateFault && !dropTools) return body;
  const { messages } = body;
  const kept =
    templateFault && Array.isArray(messages) && messages.length > 1
      ? messages.filter((message) => !(isObject(message) && message["role"] === "system"))
      : messages;
  return { ...body, messages: kept, tools: dropTools ? undefined : body["tools"] };
}
