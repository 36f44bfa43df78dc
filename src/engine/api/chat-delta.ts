// One choice's stream of tokens → the `delta` objects of its chunks.
import type { ChatRequest } from "./chat-request.ts";
import type { ChoiceDelta } from "./choice-buffer.ts";
import { type EngineContext, hexId } from "./engine-context.ts";
import type { ToolCallText } from "./tool-call.ts";

export interface WrittenDelta {
  readonly delta: ChunkDelta;
  readonly finish: string | null;
}

export interface ChunkDelta {
  readonly content?: string;
  readonly tool_calls?: readonly [ToolCallChunk];
}

export interface ToolCallChunk {
  readonly id?: string;
  readonly type?: "function";
  readonly index: number;
  readonly function: { readonly name?: string; readonly arguments?: string };
}

export interface DeltaWriter {
  /** Undefined when this token makes no chunk: a control token of a tool call. */
  push(delta: ChoiceDelta): WrittenDelta | undefined;
}

export function deltaWriter(context: EngineContext, request: ChatRequest): DeltaWriter {
  const call = request.script?.toolCall;
  if (call !== undefined) return toolWriter(context, request, call);
  return { push: (delta) => ({ delta: { content: delta.text }, finish: delta.finish ?? null }) };
}

/** The name when it is complete, then the arguments as they come, as vLLM's Hermes parser streams them. */
function toolWriter(context: EngineContext, request: ChatRequest, call: ToolCallText): DeltaWriter {
  const end = call.head.length + call.arguments.length;
  // A continued call has its beginning in the prompt.
  let read = call.text.length - spoken(context, request);
  let named = false;

  function written(from: number): ChunkDelta | undefined {
    const piece = call.arguments.slice(
      Math.max(0, from - call.head.length),
      Math.max(0, Math.min(read, end) - call.head.length),
    );
    if (read < call.head.length) return undefined;
    const part = piece === "" ? {} : { arguments: piece };
    if (!named) {
      named = true;
      const id = toolCallId(context);
      return { tool_calls: [{ id, type: "function", index: 0, function: { name: call.name, ...part } }] };
    }
    return piece === "" ? undefined : { tool_calls: [{ index: 0, function: part }] };
  }

  return {
    push(delta) {
      const from = read;
      read += delta.text.length;
      const chunk = written(from);
      if (chunk === undefined && delta.finish === undefined && !request.sampling.returnTokenIds) return undefined;
      const finish = delta.finish === undefined ? null : named ? "tool_calls" : delta.finish;
      return { delta: chunk ?? {}, finish };
    },
  };
}

function spoken(context: EngineContext, request: ChatRequest): number {
  return context.tokenizer.decode(request.script?.tokens ?? [], { keepSpecial: true }).length;
}

export function toolCallId(context: EngineContext): string {
  return `chatcmpl-tool-${hexId(context.random)}`;
}
