// POST /v1/completions.
import { collectChoices, type CollectedChoice } from "./collect-choices.ts";
import { type CompletionAnswer, echoText } from "./completion-answer.ts";
import { completionChunks } from "./completion-chunks.ts";
import { type CompletionRequest, readCompletionRequest } from "./completion-request.ts";
import { type EngineContext, epochSeconds, hexId } from "./engine-context.ts";
import type { Exchange } from "./exchange.ts";
import { completionLogprobs, type CompletionLogprobs } from "./logprobs.ts";
import { EMPTY_STATE, mixToken } from "./next-token.ts";
import { promptLogprobs } from "./prompt-logprobs.ts";
import { priorityOf, requestIdOf } from "./request-id.ts";
import { streamChoices } from "./stream-choices.ts";
import { unaryUsage, type UsageCounts } from "./usage.ts";

export function completions(context: EngineContext, exchange: Exchange): void {
  const request = readCompletionRequest(context, exchange.body);
  const { sampling, prompts, maxTokens } = request;
  const id = `cmpl-${requestIdOf(exchange, sampling) ?? hexId(context.random)}`;
  const answer = { id, created: epochSeconds(context.clock), request };
  const plan = {
    requestId: id,
    prompts,
    // The engine makes one token even for a request that only scores its prompt.
    maxTokens: maxTokens.map((limit) => Math.max(1, limit)),
    sampling,
    script: request.script?.tokens,
    priority: priorityOf(context, exchange, sampling),
    arrivedAt: exchange.arrivedAt,
    transfer: context.transfer?.wish(exchange.body["kv_transfer_params"]),
  };
  if (sampling.stream) return streamChoices(context, exchange, { plan, chunks: completionChunks(context, answer) });
  collectChoices(context, exchange, {
    plan,
    done: (choices) => exchange.reply.json(200, completionBody(context, answer, choices)),
  });
}

function completionBody(context: EngineContext, answer: CompletionAnswer, choices: readonly CollectedChoice[]): string {
  const { request } = answer;
  return JSON.stringify({
    id: answer.id,
    object: "text_completion",
    created: answer.created,
    model: request.model,
    choices: choices.map((choice, index) => completionChoice(context, request, { choice, index })),
    service_tier: null,
    system_fingerprint: context.fingerprint,
    usage: unaryUsage(completionCounts(request, choices), context.options.promptTokensDetails),
    kv_transfer_params: choices[0]?.kept ?? null,
    ec_transfer_params: null,
    metrics: null,
  });
}

function completionChoice(
  context: EngineContext,
  request: CompletionRequest,
  at: { choice: CollectedChoice; index: number },
): object {
  const { choice, index } = at;
  const nth = Math.floor(index / request.sampling.n);
  const prompt = request.prompts[nth] ?? new Int32Array(0);
  const ids = request.sampling.returnTokenIds;
  const echoed = echoText(context, request, prompt);
  // `max_tokens: 0` with echo: the one token that was made is counted and not shown.
  const shown = request.maxTokens[nth] === 0 ? { ...choice, text: "", tokens: [], states: [] } : choice;
  return {
    index,
    text: echoed + shown.text,
    logprobs: choiceLogprobs(context, request, { choice: shown, prompt, echoed }),
    finish_reason: choice.finish,
    stop_reason: choice.stopReason,
    token_ids: ids ? choice.tokens : null,
    prompt_logprobs: promptLogprobs(context, prompt, request.sampling.promptLogprobs),
    prompt_token_ids: ids ? [...prompt] : null,
    routed_experts: null,
  };
}

/** With echo the prompt's own tokens come first; its first one has no probability. */
function choiceLogprobs(
  context: EngineContext,
  request: CompletionRequest,
  at: { choice: Pick<CollectedChoice, "tokens" | "states">; prompt: Int32Array; echoed: string },
): CompletionLogprobs | null {
  if (request.logprobs === undefined) return null;
  const own = completionLogprobs(context, at.choice.tokens, {
    states: at.choice.states,
    top: request.logprobs,
    offset: at.echoed.length,
  });
  if (!request.echo) return own;
  const states: number[] = [];
  let state = EMPTY_STATE;
  for (const id of at.prompt) {
    states.push(state);
    state = mixToken(state, id);
  }
  const prompt = completionLogprobs(context, [...at.prompt], { states, top: request.logprobs, offset: 0 });
  return {
    text_offset: [...prompt.text_offset, ...own.text_offset],
    token_logprobs: [null, ...prompt.token_logprobs.slice(1), ...own.token_logprobs],
    tokens: [...prompt.tokens, ...own.tokens],
    top_logprobs: [null, ...prompt.top_logprobs.slice(1), ...own.top_logprobs],
  };
}

export function completionCounts(
  request: CompletionRequest,
  choices: readonly Pick<CollectedChoice, "tokens" | "cachedTokens">[],
): UsageCounts {
  const prompt = request.prompts.reduce((sum, ids) => sum + ids.length, 0);
  const completion = choices.reduce((sum, choice) => sum + choice.tokens.length, 0);
  return { prompt, completion, cached: choices[0]?.cachedTokens ?? 0, created: null };
}
