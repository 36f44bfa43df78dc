// The events of a streamed /v1/responses answer.
import { deltaWriter, type ToolCallChunk } from "./chat-delta.ts";
import { type EngineContext, hexId } from "./engine-context.ts";
import { callItem, responseBody, type ResponseFacts, responseUsage, textItem } from "./responses-body.ts";
import type { ChunkRenderer, Emit } from "./stream-choices.ts";

/** One output item while it grows. */
interface OpenItem {
  readonly id: string;
  /** Undefined for text. */
  readonly call: { readonly call_id: string; readonly name: string } | undefined;
  text: string;
}

function byName([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return a < b ? -1 : 1;
}

export function responseEvents(context: EngineContext, facts: ResponseFacts): ChunkRenderer {
  const writer = deltaWriter(context, facts.request);
  const output: object[] = [];
  let item: OpenItem | undefined;
  let sequence = 0;
  let incomplete = false;

  function send(emit: Emit, type: string, fields: object): void {
    // The OpenAI library's event classes, which vLLM uses, have their fields in alphabetical order.
    const event = Object.entries({ ...fields, sequence_number: sequence++, type }).toSorted(byName);
    emit(JSON.stringify(Object.fromEntries(event)), type);
  }

  function openText(emit: Emit): OpenItem {
    const id = `msg_${hexId(context.random)}`;
    const added = { id, content: [], role: "assistant", status: "in_progress", type: "message", phase: null };
    const part = { annotations: [], text: "", type: "output_text", logprobs: [] };
    send(emit, "response.output_item.added", { item: added, output_index: output.length });
    send(emit, "response.content_part.added", { content_index: 0, item_id: id, output_index: output.length, part });
    return { id, call: undefined, text: "" };
  }

  function openCall(emit: Emit, name: string): OpenItem {
    const open = {
      id: `fc_${hexId(context.random)}`,
      call: { call_id: `call_${hexId(context.random)}`, name },
      text: "",
    };
    const added = callItem({ arguments: "", ...open.call, id: open.id, status: "in_progress" });
    send(emit, "response.output_item.added", { item: added, output_index: output.length });
    return open;
  }

  function addText(emit: Emit, delta: string): void {
    if (delta === "") return;
    item ??= openText(emit);
    item.text += delta;
    const at = { content_index: 0, delta, item_id: item.id, logprobs: [], output_index: output.length };
    send(emit, "response.output_text.delta", at);
  }

  function addCall(emit: Emit, chunk: ToolCallChunk): void {
    const { name, arguments: delta } = chunk.function;
    if (name !== undefined) item = openCall(emit, name);
    if (delta === undefined || item === undefined) return;
    item.text += delta;
    send(emit, "response.function_call_arguments.delta", { delta, item_id: item.id, output_index: output.length });
  }

  function closeItem(emit: Emit): void {
    if (item === undefined) return;
    const { id, call, text } = item;
    const output_index = output.length;
    const done =
      call === undefined ? textItem(id, text) : callItem({ arguments: text, ...call, id, status: "completed" });
    if (call === undefined) {
      const part = { annotations: [], text, type: "output_text", logprobs: null };
      send(emit, "response.output_text.done", { content_index: 0, item_id: id, logprobs: [], output_index, text });
      send(emit, "response.content_part.done", { content_index: 0, item_id: id, output_index, part });
    } else {
      const { name } = call;
      send(emit, "response.function_call_arguments.done", { arguments: text, item_id: id, name, output_index });
    }
    send(emit, "response.output_item.done", { item: done, output_index });
    output.push(done);
    item = undefined;
  }

  return {
    done: false,
    begin(emit) {
      const response = responseBody(facts, { status: "in_progress", output: [], usage: null });
      send(emit, "response.created", { response });
      send(emit, "response.in_progress", { response });
    },
    delta(delta, _progress, emit) {
      const written = writer.push(delta);
      incomplete ||= delta.finish === "length";
      if (typeof written?.delta.content === "string") addText(emit, written.delta.content);
      for (const call of written?.delta.tool_calls ?? []) addCall(emit, call);
    },
    end(progress, emit) {
      closeItem(emit);
      const count = { tokens: { length: progress.counts[0] ?? 0 }, cachedTokens: progress.cachedTokens };
      const status = incomplete ? "incomplete" : "completed";
      const usage = responseUsage(context, facts.request, count);
      send(emit, "response.completed", { response: responseBody(facts, { status, output, usage }) });
    },
  };
}
