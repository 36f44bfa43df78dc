// The events of a streamed /v1/messages answer, as vLLM converts its own chat chunks.
import { anthropicStop } from "./anthropic-stop.ts";
import { anthropicUsage } from "./anthropic-usage.ts";
import { deltaWriter, type ToolCallChunk } from "./chat-delta.ts";
import type { ChatRequest } from "./chat-request.ts";
import type { EngineContext } from "./engine-context.ts";
import type { ChunkRenderer, Emit } from "./stream-choices.ts";
import { createdCacheTokens } from "./usage.ts";

export function messageEvents(context: EngineContext, answer: { id: string; request: ChatRequest }): ChunkRenderer {
  const { request } = answer;
  const writer = deltaWriter(context, request);
  const input = request.promptIds.length;
  let index = 0;
  let block: "text" | "tool_use" | undefined;
  let finish = "stop";

  function stopBlock(emit: Emit): void {
    if (block === undefined) return;
    send(emit, { type: "content_block_stop", index });
    block = undefined;
    index++;
  }

  function startBlock(
    emit: Emit,
    content_block: { readonly type: "text" | "tool_use" } & Readonly<Record<string, unknown>>,
  ): void {
    stopBlock(emit);
    block = content_block.type;
    send(emit, { type: "content_block_start", content_block, index });
  }

  function text(emit: Emit, content: string): void {
    if (content === "") return;
    if (block !== "text") startBlock(emit, { type: "text", text: "" });
    send(emit, { type: "content_block_delta", delta: { type: "text_delta", text: content }, index });
  }

  function tool(emit: Emit, call: ToolCallChunk): void {
    const { id, function: called } = call;
    if (id !== undefined) startBlock(emit, { type: "tool_use", id, name: called.name, input: {} });
    if (called.arguments === undefined) return;
    send(emit, {
      type: "content_block_delta",
      delta: { type: "input_json_delta", partial_json: called.arguments },
      index,
    });
  }

  return {
    done: false,
    begin(emit) {
      const message = {
        id: answer.id,
        type: "message",
        role: "assistant",
        content: [],
        model: request.model,
        stop_reason: null,
        stop_sequence: null,
        usage: { input_tokens: input, output_tokens: 0 },
      };
      send(emit, { type: "message_start", message });
    },
    delta(delta, _progress, emit) {
      const written = writer.push(delta);
      finish = written?.finish ?? finish;
      if (typeof written?.delta.content === "string") text(emit, written.delta.content);
      for (const call of written?.delta.tool_calls ?? []) tool(emit, call);
    },
    end(progress, emit) {
      stopBlock(emit);
      const cached = progress.cachedTokens;
      const created = createdCacheTokens(input, cached, context.options.blockSize);
      const counts = { prompt: input, completion: progress.counts[0] ?? 0, cached, created };
      const usage = anthropicUsage(context, counts);
      send(emit, { type: "message_delta", delta: { stop_reason: anthropicStop(finish), stop_sequence: null }, usage });
      send(emit, { type: "message_stop" });
    },
  };
}

function send(emit: Emit, event: { readonly type: string } & Readonly<Record<string, unknown>>): void {
  emit(JSON.stringify(event), event.type);
}
