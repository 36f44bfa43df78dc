// A /v1/responses body → the chat request that vLLM makes of it.
import { responsesToChat } from "../../tokens/index.ts";
import { badValue } from "./api-error.ts";
import { bodyReader } from "./body-reader.ts";
import { type ChatRequest, readChatRequest } from "./chat-request.ts";
import type { EngineContext } from "./engine-context.ts";
import { isObject, type JsonObject } from "./json-object.ts";

export function readResponses(context: EngineContext, body: JsonObject): ChatRequest {
  // vLLM has filled this in before it looks at the fields.
  const toolChoice = Array.isArray(body["tools"]) && body["tools"].length > 0 ? {} : { tool_choice: "none" };
  const reader = bodyReader({ ...toolChoice, ...body });
  reader.required("input");
  reader.finish();
  // State between responses needs VLLM_ENABLE_RESPONSES_API_STORE, which is off by default.
  if (body["background"] === true) throw badValue("background can only be used when `store` is true");
  const chat = responsesToChat(body);
  if (chat === undefined)
    throw badValue(
      "`store=True` (default) is not supported, so `previous_response_id` cannot be found.",
      "previous_response_id",
    );
  return readChatRequest(context, {
    ...chat,
    ...(chat["continue_final_message"] === true ? {} : { add_generation_prompt: true, continue_final_message: false }),
    max_tokens: body["max_output_tokens"],
    temperature: body["temperature"],
    top_p: body["top_p"],
    stream: body["stream"],
    cache_salt: body["cache_salt"],
    priority: body["priority"],
    request_id: body["request_id"],
    response_format: textFormat(body["text"]),
    tool_choice: namedChoice(body["tool_choice"]),
  });
}

function textFormat(text: unknown): unknown {
  const format = isObject(text) ? text["format"] : undefined;
  if (!isObject(format)) return undefined;
  if (format["type"] === "json_schema") return { type: "json_schema", json_schema: { schema: format["schema"] } };
  return format;
}

function namedChoice(choice: unknown): unknown {
  return isObject(choice) && choice["type"] === "function"
    ? { type: "function", function: { name: choice["name"] } }
    : choice;
}
