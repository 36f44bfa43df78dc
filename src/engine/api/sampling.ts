// The sampling part of a request body, common to chat and completions: read, checked with vLLM's texts, defaulted.
import type { Random } from "../../core/index.ts";
import { cacheSaltEmpty, streamOptionsWithoutStream } from "../../vllm/index.ts";
import { ApiError, badValue } from "./api-error.ts";
import { type BodyReader, toBoolean } from "./body-reader.ts";
import { isIntegerArray, isObject } from "./json-object.ts";
import { hashText, scramble } from "./next-token.ts";
import { checkGreedy, checkRanges, GREEDY_BELOW, type SamplingRanges } from "./sampling-limits.ts";

export interface SamplingRequest extends SamplingRanges {
  readonly seed: number | undefined;
  readonly ignoreEos: boolean;
  readonly stop: readonly string[];
  readonly stopTokenIds: readonly number[];
  readonly includeStop: boolean;
  readonly skipSpecialTokens: boolean;
  readonly logitBias: Readonly<Record<string, unknown>> | undefined;
  readonly promptLogprobs: number | undefined;
  readonly priority: number;
  readonly cacheSalt: string | undefined;
  /** The adapter that the request names; read with the model's name. */
  readonly lora?: string | undefined;
  readonly requestId: string | undefined;
  readonly returnTokenIds: boolean;
  readonly stream: boolean;
  readonly includeUsage: boolean;
  readonly continuousUsage: boolean;
}

export function readSampling(reader: BodyReader): SamplingRequest {
  const stream = reader.boolean("stream") ?? false;
  const { includeUsage, continuousUsage } = readStreamOptions(reader);
  const stop = readStop(reader);
  const stopTokenIds = reader.list("stop_token_ids");
  return {
    n: reader.integer("n") ?? 1,
    presencePenalty: reader.number("presence_penalty") ?? 0,
    frequencyPenalty: reader.number("frequency_penalty") ?? 0,
    repetitionPenalty: reader.number("repetition_penalty") ?? 1,
    temperature: reader.number("temperature") ?? 1,
    topP: reader.number("top_p"),
    topK: reader.integer("top_k") ?? 0,
    minP: reader.number("min_p") ?? 0,
    seed: reader.integer("seed"),
    minTokens: reader.integer("min_tokens") ?? 0,
    ignoreEos: reader.boolean("ignore_eos") ?? false,
    stop,
    stopTokenIds: isIntegerArray(stopTokenIds) ? stopTokenIds : [],
    includeStop: reader.boolean("include_stop_str_in_output") ?? false,
    skipSpecialTokens: reader.boolean("skip_special_tokens") ?? true,
    logitBias: reader.object("logit_bias"),
    promptLogprobs: reader.integer("prompt_logprobs"),
    priority: reader.integer("priority") ?? 0,
    cacheSalt: reader.string("cache_salt"),
    requestId: reader.string("request_id"),
    returnTokenIds: reader.boolean("return_token_ids") ?? false,
    stream,
    includeUsage,
    continuousUsage: includeUsage && continuousUsage,
  };
}

function readStreamOptions(reader: BodyReader): { readonly includeUsage: boolean; readonly continuousUsage: boolean } {
  const given = reader.body["stream_options"];
  const none = { includeUsage: false, continuousUsage: false };
  if (given === undefined || given === null) return none;
  const loc = "body.stream_options";
  if (!isObject(given)) {
    const msg = "Input should be a valid dictionary or object to extract fields from";
    reader.report({ type: "model_attributes_type", loc, msg, input: given });
    return none;
  }
  const read = (field: string): boolean => {
    const value = given[field];
    if (value === undefined || value === null) return false;
    const converted = toBoolean(value);
    if ("value" in converted) return converted.value === true;
    reader.report({ ...converted, loc: `${loc}.${field}`, input: value });
    return false;
  };
  return { includeUsage: read("include_usage"), continuousUsage: read("continuous_usage_stats") };
}

function readStop(reader: BodyReader): readonly string[] {
  const stop = reader.body["stop"];
  if (stop === undefined || stop === null) return [];
  if (typeof stop === "string") return [stop];
  if (Array.isArray(stop) && stop.every((one) => typeof one === "string")) return stop;
  reader.report({ type: "list_type", loc: "body.stop", msg: "Input should be a valid list", input: stop });
  return [];
}

/** What vLLM's model validators refuse, before the model name is looked at. */
export function checkEarly(reader: BodyReader, sampling: SamplingRequest): void {
  if (reader.body["stream_options"] && !sampling.stream) throw new ApiError(streamOptionsWithoutStream());
  if (sampling.cacheSalt === "") throw new ApiError(cacheSaltEmpty());
  if (sampling.promptLogprobs !== undefined && sampling.promptLogprobs < -1)
    throw badValue("`prompt_logprobs` must be a positive value or -1.", "prompt_logprobs", sampling.promptLogprobs);
  if (sampling.stream && (sampling.promptLogprobs ?? 0) > 0)
    throw badValue("`prompt_logprobs` are not available when `stream=True`.", "prompt_logprobs");
}

export interface SamplingLimits {
  readonly vocabularySize: number;
  readonly priorities: boolean;
  /** What `min_tokens` may not exceed. */
  readonly maxTokens: number | undefined;
}

/** What vLLM's SamplingParams refuse, after the prompt has been tokenised. */
export function checkSampling(sampling: SamplingRequest, limits: SamplingLimits): void {
  checkRanges(sampling, limits.maxTokens);
  if (sampling.stop.some((stop) => stop === "")) throw badValue("stop cannot contain an empty string.");
  checkGreedy(sampling);
  checkLogitBias(sampling.logitBias, limits.vocabularySize);
  if (sampling.priority !== 0 && !limits.priorities)
    throw badValue(`Got priority ${sampling.priority} but priority scheduling is not enabled.`);
}

function checkLogitBias(bias: SamplingRequest["logitBias"], vocabularySize: number): void {
  const outside = Object.keys(bias ?? {})
    .map(Number)
    .filter((id) => !(id >= 0 && id < vocabularySize));
  if (outside.length === 0) return;
  const ids = `[${outside.join(", ")}]`;
  const message = `token_id(s) ${ids} in logit_bias contain out-of-vocab token ids. Vocabulary size: ${vocabularySize}`;
  throw badValue(message, "logit_bias", ids);
}

/** 0 for greedy: then every engine agrees. Otherwise of the seed, or of chance. */
export function choiceSalt(sampling: SamplingRequest, index: number, random: Random): number {
  if (sampling.temperature < GREEDY_BELOW) return 0;
  const base = sampling.seed === undefined ? random.int(0xffffffff) : hashText(`seed ${sampling.seed}`);
  return scramble(base + index + 1) || 1;
}

/** The bias that OpenAI's documentation calls an exclusive selection; smaller ones do not show in invented probabilities. */
const EXCLUSIVE_BIAS = 100;

export function forcedToken({ logitBias }: SamplingRequest): number | undefined {
  const found = Object.entries(logitBias ?? {}).find(([, bias]) => typeof bias === "number" && bias >= EXCLUSIVE_BIAS);
  return found && Number(found[0]);
}
