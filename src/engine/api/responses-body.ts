// The body of a response object, members in the order vLLM 0.32 writes them.
import { chatCounts, type ChoiceCount } from "./chat-completions.ts";
import type { ChatRequest } from "./chat-request.ts";
import type { EngineContext } from "./engine-context.ts";
import type { JsonObject } from "./json-object.ts";
import { pythonFloat } from "./python-float.ts";

export interface ResponseFacts {
  readonly id: string;
  readonly created: number;
  readonly request: ChatRequest;
  /** The body as the client sent it. */
  readonly asked: JsonObject;
}

export interface ResponseProgress {
  readonly status: "in_progress" | "completed" | "incomplete";
  readonly output: readonly object[];
  readonly usage: object | null;
}

export function responseBody(facts: ResponseFacts, progress: ResponseProgress): object {
  const { request, asked } = facts;
  const tools = Array.isArray(asked["tools"]) ? asked["tools"] : [];
  const given = (name: string): unknown => asked[name] ?? null;
  const float = (name: string, otherwise: number): unknown =>
    pythonFloat(typeof asked[name] === "number" ? asked[name] : otherwise);
  return {
    id: facts.id,
    created_at: facts.created,
    incomplete_details: progress.status === "incomplete" ? { reason: "max_output_tokens" } : null,
    instructions: given("instructions"),
    metadata: given("metadata"),
    model: request.model,
    object: "response",
    output: progress.output,
    parallel_tool_calls: asked["parallel_tool_calls"] ?? true,
    temperature: float("temperature", 1),
    tool_choice: asked["tool_choice"] ?? (tools.length > 0 ? "auto" : "none"),
    tools,
    top_p: float("top_p", 1),
    background: false,
    max_output_tokens: request.maxTokens,
    max_tool_calls: given("max_tool_calls"),
    previous_response_id: null,
    prompt: null,
    reasoning: given("reasoning"),
    service_tier: "auto",
    status: progress.status,
    text: given("text"),
    top_logprobs: given("top_logprobs"),
    truncation: asked["truncation"] ?? "disabled",
    usage: progress.usage,
    user: given("user"),
    presence_penalty: float("presence_penalty", 0),
    frequency_penalty: float("frequency_penalty", 0),
    kv_transfer_params: null,
    ec_transfer_params: null,
    input_messages: null,
    output_messages: null,
  };
}

export function responseUsage(context: EngineContext, request: ChatRequest, choice: ChoiceCount): object {
  const counts = chatCounts(context, request, [choice]);
  return {
    input_tokens: counts.prompt,
    input_tokens_details: {
      cached_tokens: counts.cached,
      cache_write_tokens: counts.created,
      input_tokens_per_turn: [],
      cached_tokens_per_turn: [],
    },
    output_tokens: counts.completion,
    output_tokens_details: {
      reasoning_tokens: 0,
      tool_output_tokens: 0,
      output_tokens_per_turn: [],
      tool_output_tokens_per_turn: [],
    },
    total_tokens: counts.prompt + counts.completion,
  };
}

export function textItem(id: string, text: string): object {
  return {
    id,
    content: [{ annotations: [], text, type: "output_text", logprobs: null }],
    role: "assistant",
    status: "completed",
    type: "message",
    phase: null,
  };
}

export interface FunctionCallItem {
  readonly arguments: string;
  readonly call_id: string;
  readonly name: string;
  readonly id: string;
  readonly status: "in_progress" | "completed";
}

export function callItem(item: FunctionCallItem): object {
  const { arguments: given, call_id, name, id, status } = item;
  return { arguments: given, call_id, name, type: "function_call", id, status };
}
