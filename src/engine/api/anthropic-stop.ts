// Why an answer ended, in Anthropic's words.

const STOP_REASONS: Readonly<Record<string, string>> = {
  stop: "end_turn",
  length: "max_tokens",
  tool_calls: "tool_use",
};

export function anthropicStop(finish: string): string {
  return STOP_REASONS[finish] ?? "end_turn";
}
