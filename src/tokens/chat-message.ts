// Chat messages as vLLM hands them to a template: text parts joined or wrapped, tool arguments parsed.

/** A message of a request body; only what is looked at is named. */
export type ChatMessage = Readonly<Record<string, unknown>>;

/** What the template expects `content` to be: a text, or a list of `{type, text}`. */
export type ContentFormat = "string" | "openai";

/** Content that no text stands for (an image, audio, embeddings), or a shape that vLLM refuses. */
export class UnsupportedContent extends Error {}

const TEXT_PARTS: Readonly<Record<string, string>> = {
  text: "text",
  input_text: "text",
  output_text: "text",
  refusal: "refusal",
  thinking: "thinking",
};

/** vllm/entrypoints/chat_utils.py: _parse_chat_message_content and _postprocess_messages. */
export function templateMessages(messages: readonly unknown[], format: ContentFormat): Record<string, unknown>[] {
  return messages.map((message) => {
    if (!isRecord(message)) throw new UnsupportedContent("a message is not an object");
    return templateMessage(message, format);
  });
}

function templateMessage(message: ChatMessage, format: ContentFormat): Record<string, unknown> {
  const { role } = message;
  const texts = contentTexts(message["content"]);
  // A list would break most templates in a tool message; vLLM joins it whatever the format.
  const parts = format === "openai" && role !== "tool";
  const result: Record<string, unknown> = {
    role,
    content: parts ? texts.map((text) => ({ type: "text", text })) : joinTexts(texts, format),
  };
  if (role === "assistant") addAssistantFields(result, message);
  if (role === "tool" && "tool_call_id" in message) result["tool_call_id"] = message["tool_call_id"];
  if (typeof message["name"] === "string") result["name"] = message["name"];
  if (typeof message["task"] === "string") result["task"] = message["task"];
  if (role === "developer") result["tools"] = message["tools"] ?? null;
  return result;
}

/** Empty parts leave no line behind under the string format. */
function joinTexts(texts: readonly string[], format: ContentFormat): string {
  return (format === "string" ? texts.filter((text) => text !== "") : texts).join("\n");
}

function contentTexts(content: unknown): string[] {
  if (content === undefined || content === null) return [];
  if (typeof content === "string") return [content];
  if (!Array.isArray(content)) throw new UnsupportedContent("message content is neither text nor a list of parts");
  return content.map(partText).filter((text) => text !== undefined);
}

function partText(part: unknown): string | undefined {
  if (typeof part === "string") return part;
  if (!isRecord(part)) throw new UnsupportedContent("a content part is not an object");
  const field = TEXT_PARTS[String(part["type"])];
  if (field === undefined) throw new UnsupportedContent(`content part of type ${String(part["type"])}`);
  const text = part[field];
  return typeof text === "string" ? text : undefined;
}

function addAssistantFields(result: Record<string, unknown>, message: ChatMessage): void {
  const calls = message["tool_calls"];
  if (Array.isArray(calls) && calls.length > 0) result["tool_calls"] = calls.map(withParsedArguments);
  const reasoning = message["reasoning"];
  if (reasoning === undefined || reasoning === null) return;
  result["reasoning"] = reasoning;
  // Templates from before vLLM renamed the field read the old name.
  result["reasoning_content"] = reasoning;
}

function withParsedArguments(call: unknown): unknown {
  if (!isRecord(call) || !isRecord(call["function"])) return call;
  return { ...call, function: { ...call["function"], arguments: parsedArguments(call["function"]["arguments"]) } };
}

/** vLLM takes what is not JSON for an empty object. */
function parsedArguments(value: unknown): unknown {
  if (typeof value !== "string") return typeof value === "object" && value !== null ? value : {};
  try {
    return JSON.parse(value);
  } catch {
    return {};
  }
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
