// Tools as vLLM hands them to a chat template: its own fields in its own order, absent ones as null.
import { isRecord } from "./chat-message.ts";

/** vllm/entrypoints/generate/base/protocol.py: FunctionDefinition drops unknown fields, and these two when they are null. */
const OPTIONAL_FIELDS = ["strict", "defer_loading"] as const;

/** What `tool.model_dump()` gives for each tool of a chat request. */
export function templateTools(tools: readonly unknown[]): unknown[] {
  return tools.map((tool) => {
    if (!isRecord(tool) || !isRecord(tool["function"])) return tool;
    const dumped: Record<string, unknown> = {
      type: tool["type"] ?? "function",
      function: definition(tool["function"]),
    };
    for (const [field, value] of Object.entries(tool)) if (!(field in dumped)) dumped[field] = value;
    if (dumped["defer_loading"] === null) delete dumped["defer_loading"];
    return dumped;
  });
}

function definition(source: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const result: Record<string, unknown> = {
    name: source["name"],
    description: source["description"] ?? null,
    parameters: source["parameters"] ?? null,
  };
  for (const field of OPTIONAL_FIELDS) if (isPresent(source[field])) result[field] = source[field];
  return result;
}

function isPresent(value: unknown): boolean {
  return value !== undefined && value !== null;
}
