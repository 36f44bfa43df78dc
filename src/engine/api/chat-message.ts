// The `message` of a unary chat completion.
import type { ChatRequest } from "./chat-request.ts";
import type { CollectedChoice } from "./collect-choices.ts";
import type { EngineContext } from "./engine-context.ts";

export function chatMessage(
  _context: EngineContext,
  request: ChatRequest,
  choice: CollectedChoice,
): { message: object; finish: string } {
  const message = {
    role: "assistant",
    content: request.echo + choice.text,
    refusal: null,
    annotations: null,
    audio: null,
    function_call: null,
    reasoning: null,
  };
  return { message, finish: choice.finish };
}
