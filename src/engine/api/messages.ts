// POST /v1/messages and /v1/messages/count_tokens: Anthropic's API over the chat path.
import { anthropicToChat } from "../../tokens/index.ts";
import { anthropicStop } from "./anthropic-stop.ts";
import { ApiError } from "./api-error.ts";
import { anthropicUsage } from "./anthropic-usage.ts";
import { bodyReader } from "./body-reader.ts";
import { chatCounts, chatPlan } from "./chat-completions.ts";
import { chatMessage } from "./chat-message.ts";
import { readChatRequest, type ChatRequest } from "./chat-request.ts";
import { collectChoices, type CollectedChoice } from "./collect-choices.ts";
import { type EngineContext, hexId } from "./engine-context.ts";
import type { Exchange } from "./exchange.ts";
import { isObject, type JsonObject } from "./json-object.ts";
import { messageEvents } from "./message-events.ts";
import { checkModel } from "./model-name.ts";
import { readPrompts } from "./prompts.ts";
import { requestIdOf } from "./request-id.ts";
import { streamChoices } from "./stream-choices.ts";

export function messages(context: EngineContext, exchange: Exchange): void {
  anthropicErrors(() => createMessage(context, exchange));
}

function createMessage(context: EngineContext, exchange: Exchange): void {
  const request = readMessages(context, exchange.body);
  const id = `chatcmpl-${requestIdOf(exchange, request.sampling) ?? hexId(context.random)}`;
  const plan = chatPlan(context, exchange, { id, request });
  if (request.sampling.stream)
    return streamChoices(context, exchange, { plan, chunks: messageEvents(context, { id, request }) });
  collectChoices(context, exchange, {
    plan,
    done: ([choice]) => choice && exchange.reply.json(200, messageBody(context, { id, request }, choice)),
  });
}

export function countTokens(context: EngineContext, exchange: Exchange): void {
  anthropicErrors(() => answerCount(context, exchange));
}

/** Faults of the body's shape stay as they are; what vLLM's own checks find is told as Anthropic does. */
function anthropicErrors(handle: () => void): void {
  try {
    handle();
  } catch (thrown) {
    if (!(thrown instanceof ApiError)) throw thrown;
    const { error } = JSON.parse(thrown.reply.body) as { error: { type: string; message: string } };
    if (error.type === "Bad Request") throw thrown;
    const body = { type: "error", error: { type: error.type, message: error.message } };
    throw new ApiError({ status: thrown.reply.status, body: JSON.stringify(body) });
  }
}

function answerCount(context: EngineContext, exchange: Exchange): void {
  const reader = bodyReader(exchange.body);
  reader.required("messages");
  reader.finish();
  checkModel(context, exchange.body["model"]);
  const [ids = new Int32Array(0)] = readPrompts(context, "messages", exchange.body);
  const context_management = { original_input_tokens: ids.length };
  exchange.reply.json(200, JSON.stringify({ input_tokens: ids.length, context_management }));
}

function readMessages(context: EngineContext, body: JsonObject): ChatRequest {
  const reader = bodyReader(body);
  for (const field of ["model", "messages", "max_tokens"]) reader.required(field);
  reader.list("messages");
  reader.finish();
  const choice = body["tool_choice"];
  const format = isObject(body["output_config"]) ? body["output_config"]["format"] : undefined;
  return readChatRequest(context, {
    ...anthropicToChat(body),
    max_tokens: body["max_tokens"],
    stop: body["stop_sequences"],
    temperature: body["temperature"],
    top_p: body["top_p"],
    stream: body["stream"],
    cache_salt: body["cache_salt"],
    ...(isObject(choice) && { tool_choice: toolChoice(choice) }),
    ...(isObject(format) && {
      response_format: { type: "json_schema", json_schema: { schema: format["json_schema"] ?? format["schema"] } },
    }),
  });
}

function toolChoice(choice: JsonObject): unknown {
  if (choice["type"] === "tool") return { type: "function", function: { name: choice["name"] } };
  return choice["type"] === "any" ? "required" : choice["type"];
}

function messageBody(
  context: EngineContext,
  answer: { id: string; request: ChatRequest },
  choice: CollectedChoice,
): string {
  const { message, finish } = chatMessage(context, answer.request, choice);
  const calls = (message.tool_calls ?? []).map((call) => ({
    type: "tool_use",
    id: call.id,
    name: call.function.name,
    input: JSON.parse(call.function.arguments) as unknown,
  }));
  const text = message.content === null || message.content === "" ? [] : [{ type: "text", text: message.content }];
  const counts = chatCounts(context, answer.request, [choice]);
  return JSON.stringify({
    id: answer.id,
    type: "message",
    role: "assistant",
    content: [...text, ...calls],
    model: answer.request.model,
    stop_reason: anthropicStop(finish),
    usage: anthropicUsage(context, counts),
  });
}
