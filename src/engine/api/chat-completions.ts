// POST /v1/chat/completions.
import { readChatRequest, type ChatRequest } from "./chat-request.ts";
import { chatChunks } from "./chat-chunks.ts";
import { collectChoices, type CollectedChoice } from "./collect-choices.ts";
import { type EngineContext, epochSeconds, hexId } from "./engine-context.ts";
import type { Exchange } from "./exchange.ts";
import type { GenerationPlan } from "./generation.ts";
import { chatLogprobs } from "./logprobs.ts";
import { priorityOf, requestIdOf } from "./request-id.ts";
import { streamChoices } from "./stream-choices.ts";
import { chatMessage } from "./chat-message.ts";
import { createdCacheTokens, unaryUsage, type UsageCounts } from "./usage.ts";
import { promptLogprobs } from "./prompt-logprobs.ts";

export interface ChatAnswer {
  readonly id: string;
  readonly created: number;
  readonly request: ChatRequest;
}

export function chatCompletions(context: EngineContext, exchange: Exchange): void {
  const request = readChatRequest(context, exchange.body);
  const id = `chatcmpl-${requestIdOf(exchange, request.sampling) ?? hexId(context.random)}`;
  const answer: ChatAnswer = { id, created: epochSeconds(context.clock), request };
  const plan = chatPlan(context, exchange, answer);
  if (request.sampling.stream) return streamChoices(context, exchange, { plan, chunks: chatChunks(context, answer) });
  collectChoices(context, exchange, {
    plan,
    done: (choices) => exchange.reply.json(200, chatBody(context, answer, choices)),
  });
}

export function chatPlan(
  context: EngineContext,
  exchange: Exchange,
  { id, request }: Pick<ChatAnswer, "id" | "request">,
): GenerationPlan {
  return {
    requestId: id,
    prompts: [request.promptIds],
    maxTokens: [request.maxTokens],
    sampling: request.sampling,
    script: request.script?.tokens,
    priority: priorityOf(context, exchange, request.sampling),
    arrivedAt: exchange.arrivedAt,
    transfer: context.transfer?.wish(exchange.body["kv_transfer_params"]),
  };
}

function chatBody(context: EngineContext, answer: ChatAnswer, choices: readonly CollectedChoice[]): string {
  const { request } = answer;
  const { sampling, promptIds } = request;
  return JSON.stringify({
    id: answer.id,
    object: "chat.completion",
    created: answer.created,
    model: request.model,
    choices: choices.map((choice, index) => chatChoice(context, request, { choice, index })),
    service_tier: null,
    system_fingerprint: context.fingerprint,
    usage: unaryUsage(chatCounts(context, request, choices), context.options.promptTokensDetails),
    prompt_logprobs: promptLogprobs(context, promptIds, sampling.promptLogprobs),
    prompt_token_ids: sampling.returnTokenIds ? [...promptIds] : null,
    prompt_text: null,
    kv_transfer_params: choices[0]?.kept ?? null,
    ec_transfer_params: null,
    metrics: null,
  });
}

function chatChoice(
  context: EngineContext,
  request: ChatRequest,
  at: { choice: CollectedChoice; index: number },
): object {
  const { choice, index } = at;
  const { message, finish } = chatMessage(context, request, choice);
  const spots = { states: choice.states, top: request.topLogprobs ?? 0 };
  return {
    index,
    message,
    logprobs: request.topLogprobs === undefined ? null : chatLogprobs(context, choice.tokens, spots),
    finish_reason: finish,
    stop_reason: choice.stopReason,
    token_ids: request.sampling.returnTokenIds ? choice.tokens : null,
    routed_experts: null,
  };
}

/** What the usage of one choice is made of. */
export interface ChoiceCount {
  readonly tokens: { readonly length: number };
  readonly cachedTokens: number;
}

export function chatCounts(
  context: EngineContext,
  request: Pick<ChatRequest, "promptIds">,
  choices: readonly ChoiceCount[],
): UsageCounts {
  const prompt = request.promptIds.length;
  const cached = choices[0]?.cachedTokens ?? 0;
  const completion = choices.reduce((sum, choice) => sum + choice.tokens.length, 0);
  return { prompt, completion, cached, created: createdCacheTokens(prompt, cached, context.options.blockSize) };
}
