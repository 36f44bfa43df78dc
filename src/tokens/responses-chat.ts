// An OpenAI /v1/responses body → the chat/completions body that vLLM makes of it.
import { isRecord } from "./chat-message.ts";

type Body = Readonly<Record<string, unknown>>;
type Message = Record<string, unknown>;

/**
 * vllm/entrypoints/openai/responses/utils.py: construct_input_messages. Undefined when the prompt depends on an earlier
 * response that only the worker knows.
 */
export function responsesToChat(body: Body): Body | undefined {
  if (typeof body["previous_response_id"] === "string") return undefined;
  const { instructions, input } = body;
  const messages: Message[] = [];
  if (typeof instructions === "string" && instructions !== "") messages.push({ role: "system", content: instructions });
  if (typeof input === "string") messages.push({ role: "user", content: input });
  else if (Array.isArray(input)) for (const item of input.filter(isRecord)) appendItem(messages, item);
  const partial = continuesLast(input);
  const tools = Array.isArray(body["tools"]) ? body["tools"].filter(isRecord) : [];
  return {
    model: body["model"],
    messages,
    add_generation_prompt: !partial,
    continue_final_message: partial,
    ...(tools.length > 0 && { tools: tools.filter((tool) => tool["type"] === "function").map(convertTool) }),
    ...(isRecord(body["chat_template_kwargs"]) && { chat_template_kwargs: body["chat_template_kwargs"] }),
  };
}

/** A message, its reasoning and its tool calls are separate items; they become one assistant message. */
function appendItem(messages: Message[], item: Body): void {
  const type = item["type"] ?? "message";
  if (type === "function_call") return merge(messages, "tool_calls", functionCall(item));
  if (type === "reasoning")
    return merge(messages, "reasoning", firstText(item["content"]) ?? firstText(item["summary"]) ?? "");
  if (type === "function_call_output") {
    messages.push({ role: "tool", content: item["output"], tool_call_id: item["call_id"] });
  } else if (item["role"] === "assistant") {
    const { content } = item;
    merge(messages, "content", typeof content === "string" ? content : (firstText(content) ?? ""));
  } else messages.push({ ...item });
}

/** Adds to the assistant message before, where it has no such field yet, or begins one. */
function merge(messages: Message[], field: string, value: unknown): void {
  const last = messages.at(-1);
  const list = last?.["tool_calls"];
  if (last?.["role"] !== "assistant")
    messages.push({ role: "assistant", [field]: field === "tool_calls" ? [value] : value });
  else if (field === "tool_calls") last[field] = Array.isArray(list) ? [...list, value] : [value];
  else if (last[field] === undefined) last[field] = value;
  else messages.push({ role: "assistant", [field]: value });
}

function functionCall(item: Body): Message {
  return { id: item["call_id"], type: "function", function: { name: item["name"], arguments: item["arguments"] } };
}

function firstText(content: unknown): string | undefined {
  if (!Array.isArray(content) || content.length === 0) return undefined;
  const first: unknown = content[0];
  if (isRecord(first)) return typeof first["text"] === "string" ? first["text"] : "";
  return typeof first === "string" ? first : undefined;
}

function convertTool(tool: Body): Message {
  const { type: _type, ...definition } = tool;
  return { type: "function", function: definition };
}

function continuesLast(input: unknown): boolean {
  const last: unknown = Array.isArray(input) ? input.at(-1) : undefined;
  if (!isRecord(last)) return false;
  const type = last["type"] ?? "message";
  if (type !== "message" && type !== "reasoning") return false;
  return last["status"] === "in_progress" || last["status"] === "incomplete";
}
