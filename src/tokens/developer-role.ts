// The `developer` role under a template that does not know it: vLLM makes it a system message, and one of all system messages.

type Message = Readonly<Record<string, unknown>>;

/** vllm/renderers/hf.py: _detect_developer_role_support. */
export function knowsDeveloper(template: string): boolean {
  return template.includes('"developer"') || template.includes("'developer'");
}

/** vllm/renderers/hf.py: _convert_developer_to_system and _consolidate_system_messages. */
export function developerAsSystem(messages: readonly Message[]): readonly Message[] {
  if (!messages.some(({ role }) => role === "developer")) return messages;
  const converted = messages.map((message) => (message["role"] === "developer" ? asSystem(message) : message));
  const system = converted.filter(({ role }) => role === "system");
  if (system.length === 1 && converted[0] === system[0]) return converted;
  const content = system
    .map(textOf)
    .filter((text) => text !== "")
    .join("\n\n");
  return [{ role: "system", content }, ...converted.filter(({ role }) => role !== "system")];
}

function asSystem(message: Message): Message {
  const rest = Object.entries(message).filter(([key]) => key !== "tools");
  return { ...Object.fromEntries(rest), role: "system" };
}

/** From templateMessages: a text, or a list of text parts. */
function textOf({ content }: Message): string {
  if (typeof content === "string") return content;
  const parts = Array.isArray(content) ? (content as readonly { readonly text?: unknown }[]) : [];
  return parts.map(({ text }) => (typeof text === "string" ? text : "")).join("\n");
}
