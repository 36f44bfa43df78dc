// One choice's stream of tokens → the `delta` objects of its chunks.
import type { ChatRequest } from "./chat-request.ts";
import type { ChoiceDelta } from "./choice-buffer.ts";
import { type EngineContext, hexId } from "./engine-context.ts";
import { calledFinish } from "./script.ts";
import type { ToolCallText } from "./tool-call.ts";

export interface WrittenDelta {
  readonly delta: ChunkDelta;
  readonly finish: string | null;
}

export interface ChunkDelta {
  readonly content?: string | null;
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
  return { push: (delta) => textDelta(request, delta) };
}

/** vLLM's parser swallows tokens without text, such as parts of a character. */
function textDelta(request: ChatRequest, delta: ChoiceDelta): WrittenDelta | undefined {
  if (delta.text !== "") return { delta: { content: delta.text }, finish: delta.finish ?? null };
  return delta.finish !== undefined || showsTokens(request) ? { delta: {}, finish: delta.finish ?? null } : undefined;
}

function showsTokens({ sampling, topLogprobs }: ChatRequest): boolean {
  return sampling.returnTokenIds || topLogprobs !== undefined;
}

/** The name when it is complete, then the arguments as they come, as vLLM's Hermes parser streams them. */
function toolWriter(context: EngineContext, request: ChatRequest, call: ToolCallText): DeltaWriter {
  const { head, name } = call;
  const nameEnd = head.lastIndexOf(",");
  // A continued call has its beginning in the prompt.
  let read = call.text.length - spoken(context, request);
  let sent = Math.max(0, read - head.length);
  let named = false;

  function written(): ChunkDelta | undefined {
    if (read < nameEnd) return undefined;
    if (!named) {
      named = true;
      return chunk({ id: toolCallId(context), type: "function", index: 0, function: { name } });
    }
    const piece = call.arguments.slice(sent, Math.max(sent, read - head.length));
    sent += piece.length;
    return piece === "" ? undefined : chunk({ index: 0, function: { arguments: piece } });
  }

  return {
    push(delta) {
      read += delta.text.length;
      const part = written();
      if (part === undefined && delta.finish === undefined && !showsTokens(request)) return undefined;
      const called = named && delta.finish === "stop";
      const finish = called ? calledFinish(request.script) : (delta.finish ?? null);
      return { delta: part ?? {}, finish };
    },
  };
}

function chunk(call: ToolCallChunk): ChunkDelta {
  return { content: null, tool_calls: [call] };
}

function spoken(context: EngineContext, request: ChatRequest): number {
  return context.tokenizer.decode(request.script?.tokens ?? [], { keepSpecial: true }).length;
}

export function toolCallId(context: EngineContext): string {
  return `chatcmpl-tool-${hexId(context.random)}`;
}
