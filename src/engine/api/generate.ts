// POST /inference/v1/generate and the render routes: tokens in, tokens out; only with --enable-scale-out.
import { errorReply } from "../../vllm/index.ts";
import { ApiError, badValue } from "./api-error.ts";
import { bodyReader } from "./body-reader.ts";
import { readChatRequest } from "./chat-request.ts";
import { collectChoices, type CollectedChoice } from "./collect-choices.ts";
import { readCompletionRequest } from "./completion-request.ts";
import { type EngineContext, epochSeconds, hexId } from "./engine-context.ts";
import type { Exchange } from "./exchange.ts";
import { isIntegerArray, isObject } from "./json-object.ts";
import { adapterOf, checkModel } from "./model-name.ts";
import { checkMaxTokens, outputLimit } from "./output-limit.ts";
import { pythonFloat } from "./python-float.ts";
import { priorityOf, requestIdOf } from "./request-id.ts";
import { readSampling, type SamplingRequest } from "./sampling.ts";
import { unaryUsage } from "./usage.ts";

export function generate(context: EngineContext, exchange: Exchange): void {
  needScaleOut(context);
  const { body } = exchange;
  const outer = bodyReader(body);
  for (const field of ["token_ids", "sampling_params"]) outer.required(field);
  outer.finish();
  const ids = body["token_ids"];
  if (!isIntegerArray(ids) || ids.length === 0) throw badValue("token_ids must be a non-empty list of token ids");
  const reader = bodyReader({
    ...(isObject(body["sampling_params"]) && body["sampling_params"]),
    cache_salt: body["cache_salt"],
  });
  const sampling = readSampling(reader);
  const asked = reader.integer("max_tokens") ?? 16;
  reader.finish();
  const model = checkModel(context, body["model"]);
  const { maxModelLen } = context;
  checkMaxTokens(asked, maxModelLen);
  const id = requestIdOf(exchange, sampling) ?? `generate-tokens-${hexId(context.random)}`;
  const plan = {
    requestId: id,
    prompts: [Int32Array.from(ids)],
    maxTokens: [outputLimit({ promptTokens: ids.length, asked, maxModelLen })],
    sampling: { ...sampling, lora: adapterOf(context, body["model"]) },
    priority: priorityOf(context, exchange, sampling),
    arrivedAt: exchange.arrivedAt,
  };
  collectChoices(context, exchange, {
    plan,
    done: (choices) => exchange.reply.json(200, generated(context, { id, model, prompt: ids.length }, choices)),
  });
}

function generated(
  context: EngineContext,
  facts: { id: string; model: string; prompt: number },
  choices: readonly CollectedChoice[],
): string {
  const completion = choices.reduce((sum, choice) => sum + choice.tokens.length, 0);
  const cached = choices[0]?.cachedTokens ?? 0;
  const counts = { prompt: facts.prompt, completion, cached, created: null };
  return JSON.stringify({
    request_id: facts.id,
    model: facts.model,
    created: epochSeconds(context.clock),
    usage: unaryUsage(counts, context.options.promptTokensDetails),
    prompt_logprobs: null,
    prompt_token_id_logprobs: null,
    prompt_token_ids: null,
    mm_placeholders: null,
    metrics: null,
    kv_transfer_params: null,
    ec_transfer_params: null,
    output_mode: "tokens",
    choices: choices.map((choice, index) => ({
      index,
      finish_reason: choice.finish,
      stop_reason: choice.stopReason,
      token_ids: choice.tokens,
      routed_experts: null,
      sampling_mask: null,
      weight_versions: [{ version: "default", start: 0, end: choice.tokens.length }],
      logprobs: null,
    })),
  });
}

export function renderChat(context: EngineContext, exchange: Exchange): void {
  needScaleOut(context);
  const request = readChatRequest(context, exchange.body);
  const id = `chatcmpl-${requestIdOf(exchange, request.sampling) ?? hexId(context.random)}`;
  exchange.reply.json(200, JSON.stringify(rendered(id, request)));
}

export function renderCompletion(context: EngineContext, exchange: Exchange): void {
  needScaleOut(context);
  const request = readCompletionRequest(context, exchange.body);
  const id = `cmpl-${requestIdOf(exchange, request.sampling) ?? hexId(context.random)}`;
  const list = request.prompts.map((promptIds, i) =>
    rendered(id, { ...request, promptIds, maxTokens: request.maxTokens[i] ?? 0 }),
  );
  exchange.reply.json(200, JSON.stringify(list));
}

interface Rendered {
  readonly model: string;
  readonly promptIds: Int32Array;
  readonly maxTokens: number;
  readonly sampling: SamplingRequest;
}

function rendered(id: string, { model, promptIds, maxTokens, sampling }: Rendered): object {
  const unset = { token_offsets: null, features: null, content_parts: null };
  return {
    request_id: id,
    token_ids: [...promptIds],
    ...unset,
    sampling_params: samplingParams(sampling, maxTokens),
    model,
    reasoning_ended: null,
    reasoning_parser_kwargs: null,
    return_token_ids: sampling.returnTokenIds || null,
    output_mode: "tokens",
    stream: sampling.stream,
    stream_options: sampling.includeUsage ? { include_usage: true } : null,
    cache_salt: sampling.cacheSalt ?? null,
    priority: sampling.priority,
    kv_transfer_params: null,
    ec_transfer_params: null,
  };
}

function samplingParams(sampling: SamplingRequest, max_tokens: number): object {
  return {
    presence_penalty: pythonFloat(0),
    frequency_penalty: pythonFloat(0),
    repetition_penalty: pythonFloat(1),
    temperature: pythonFloat(sampling.temperature),
    top_p: pythonFloat(sampling.topP ?? 1),
    top_k: 0,
    min_p: pythonFloat(0),
    ...(sampling.seed !== undefined && { seed: sampling.seed }),
    stop: sampling.stop,
    stop_token_ids: sampling.stopTokenIds,
    ...(sampling.ignoreEos && { ignore_eos: true }),
    max_tokens,
    ...(sampling.minTokens > 0 && { min_tokens: sampling.minTokens }),
    output_kind: 2,
    skip_clone: true,
    bad_words: [],
    skip_reading_prefix_cache: false,
  };
}

function needScaleOut(context: EngineContext): void {
  if (context.options.scaleOut) return;
  throw new ApiError(
    errorReply(
      403,
      "PermissionDeniedError",
      "Scale-out endpoints are disabled. Restart vllm serve with --enable-scale-out to enable them.",
    ),
  );
}
