// The `message` of a unary chat completion.
import { toolCallId } from "./chat-delta.ts";
import type { ChatRequest } from "./chat-request.ts";
import type { CollectedChoice } from "./collect-choices.ts";
import type { EngineContext } from "./engine-context.ts";
import { calledFinish } from "./script.ts";

export interface ChatMessage {
  readonly role: "assistant";
  readonly content: string | null;
  readonly tool_calls?: readonly ToolCall[];
}

export interface ToolCall {
  readonly id: string;
  readonly type: "function";
  readonly function: { readonly name: string; readonly arguments: string };
}

export function chatMessage(
  context: EngineContext,
  request: ChatRequest,
  choice: CollectedChoice,
): { readonly message: ChatMessage; readonly finish: string } {
  const call = request.script?.toolCall;
  // A call that was cut off is text, as vLLM's parser leaves it.
  const called = call !== undefined && choice.finish === "stop";
  const calls: readonly ToolCall[] = called
    ? [{ id: toolCallId(context), type: "function", function: { name: call.name, arguments: call.arguments } }]
    : [];
  const message = {
    role: "assistant" as const,
    content: called ? calledContent(request) : request.echo + choice.text,
    refusal: null,
    annotations: null,
    audio: null,
    function_call: null,
    ...(called && { tool_calls: calls }),
    reasoning: null,
  };
  return { message, finish: called ? calledFinish(request.script) : choice.finish };
}

/** vLLM's parser leaves an empty text where the request demanded the call. */
function calledContent({ script }: ChatRequest): "" | null {
  return script?.toolChoice === "auto" ? null : "";
}
