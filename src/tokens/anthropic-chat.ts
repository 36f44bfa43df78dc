// An Anthropic /v1/messages body → the chat/completions body that vLLM makes of it.
import { isRecord } from "./chat-message.ts";

type Body = Readonly<Record<string, unknown>>;
type Message = Record<string, unknown>;

/** vllm/entrypoints/anthropic/serving.py: _convert_anthropic_to_openai_request. */
export function anthropicToChat(body: Body): Body {
  const messages = Array.isArray(body["messages"]) ? body["messages"].filter(isRecord) : [];
  const system = systemText(body["system"], messages);
  const converted: Message[] = system === "" ? [] : [{ role: "system", content: system }];
  for (const message of messages) if (message["role"] !== "system") converted.push(...convertMessage(message));
  return {
    model: body["model"],
    messages: converted,
    ...(Array.isArray(body["tools"]) && { tools: body["tools"].filter(isRecord).map(convertTool) }),
    ...(isRecord(body["chat_template_kwargs"]) && { chat_template_kwargs: body["chat_template_kwargs"] }),
  };
}

/** The system field and system turns become one message; Claude Code's billing header changes with every request. */
function systemText(system: unknown, messages: readonly Body[]): string {
  const contents = [system, ...messages.filter((one) => one["role"] === "system").map((one) => one["content"])];
  return contents
    .flatMap((content) => (typeof content === "string" ? [content] : blocks(content).map(systemBlockText)))
    .join("");
}

function systemBlockText(block: Body): string {
  const text = block["type"] === "text" && typeof block["text"] === "string" ? block["text"] : "";
  return text.startsWith("x-anthropic-billing-header") ? "" : text;
}

/** Tool results stand before the message that carries them. */
function convertMessage(message: Body): Message[] {
  const { role } = message;
  if (!Array.isArray(message["content"])) return [{ role, content: message["content"] }];
  const results: Message[] = [];
  const parts: Message[] = [];
  const calls: Message[] = [];
  let reasoning = "";
  for (const block of blocks(message["content"])) {
    const type = block["type"];
    if (type === "text" && block["text"]) parts.push({ type: "text", text: block["text"] });
    else if (type === "image") parts.push({ type: "image_url" });
    else if (type === "thinking") reasoning += textOr(block["thinking"]);
    else if (type === "tool_use") calls.push(convertCall(block));
    else if (type === "tool_result" && role === "user") results.push(...convertResult(block));
    else if (type === "tool_result") parts.push({ type: "text", text: `Tool result: ${textOr(block["content"])}` });
  }
  const converted: Message = { role };
  if (reasoning !== "") converted["reasoning"] = reasoning;
  if (calls.length > 0) converted["tool_calls"] = calls;
  const [first] = parts;
  if (first !== undefined)
    converted["content"] = parts.length === 1 && first["type"] === "text" ? first["text"] : parts;
  return role === "user" && first === undefined ? results : [...results, converted];
}

function convertCall(block: Body): Message {
  const input = isRecord(block["input"]) ? block["input"] : {};
  return {
    id: block["id"],
    type: "function",
    function: { name: block["name"] ?? "", arguments: JSON.stringify(input) },
  };
}

function convertResult(block: Body): Message[] {
  const items = blocks(block["content"]);
  const texts = items.filter((item) => item["type"] === "text").map((item) => textOr(item["text"]));
  const content = typeof block["content"] === "string" ? block["content"] : texts.join("\n");
  const tool_call_id = block["tool_use_id"] ?? "";
  const result: Message[] = [{ role: "tool", tool_call_id, content }];
  const images = items.filter((item) => item["type"] === "image");
  if (images.length > 0) result.push({ role: "user", content: images.map(() => ({ type: "image_url" })) });
  const references = items.filter((item) => item["type"] === "tool_reference");
  if (references.length > 0) result.push({ role: "tool", tool_call_id, content: references });
  return result;
}

function convertTool(tool: Body): Message {
  return {
    type: "function",
    function: {
      name: tool["name"],
      description: tool["description"],
      parameters: tool["input_schema"],
      defer_loading: tool["defer_loading"],
    },
  };
}

function blocks(content: unknown): Body[] {
  return Array.isArray(content) ? content.filter(isRecord) : [];
}

function textOr(value: unknown): string {
  return typeof value === "string" ? value : "";
}
