// A /v1/completions body: read, checked in vLLM's order, and turned into what the engine has to generate.
import { errorReply } from "../../vllm/index.ts";
import { ApiError, badValue } from "./api-error.ts";
import { bodyReader, type BodyReader } from "./body-reader.ts";
import type { EngineContext } from "./engine-context.ts";
import { isIntegerArray, type JsonObject } from "./json-object.ts";
import { adapterOf, checkModel } from "./model-name.ts";
import { checkMaxTokens, outputLimit } from "./output-limit.ts";
import { readPrompts } from "./prompts.ts";
import { checkEarly, checkSampling, readSampling, type SamplingRequest } from "./sampling.ts";
import { scriptFor, type Script } from "./script.ts";

export interface CompletionRequest {
  readonly model: string;
  readonly sampling: SamplingRequest;
  readonly prompts: readonly Int32Array[];
  readonly maxTokens: readonly number[];
  /** Undefined = no logprobs. */
  readonly logprobs: number | undefined;
  readonly echo: boolean;
  readonly script: Script | undefined;
}

/** vLLM's default for completions. */
const DEFAULT_MAX_TOKENS = 16;

export function readCompletionRequest(context: EngineContext, body: JsonObject): CompletionRequest {
  const reader = bodyReader(body);
  const sampling = readSampling(reader);
  const asked = reader.integer("max_tokens") ?? DEFAULT_MAX_TOKENS;
  const logprobs = reader.integer("logprobs");
  const echo = reader.boolean("echo") ?? false;
  reader.string("model");
  reader.finish();
  checkEarly(reader, sampling);
  checkCompletion(reader, logprobs);
  const model = checkModel(context, body["model"]);
  const prompts = readPrompts(context, "completions", body);
  const { maxModelLen } = context;
  checkMaxTokens(asked, maxModelLen, echo ? 0 : 1);
  const maxTokens = prompts.map(({ length }) => {
    if (length === 0) throw badValue("The decoder prompt cannot be empty");
    return outputLimit({ promptTokens: length, asked, maxModelLen, counted: isIntegerArray(flat(body["prompt"])) });
  });
  checkIds(context, body["prompt"]);
  const priorities = context.options.schedulingPolicy === "priority";
  checkSampling(sampling, {
    vocabularySize: context.tokenizer.vocabularySize,
    priorities,
    maxTokens: Math.max(1, asked),
  });
  const script = scriptFor(context, { body, promptIds: prompts[0] ?? new Int32Array(0) });
  // As vLLM: an echoed prompt comes with the probabilities that were asked for the output.
  const promptLogprobs = sampling.promptLogprobs ?? (echo ? logprobs : undefined);
  const lora = adapterOf(context, body["model"]);
  return { model, sampling: { ...sampling, promptLogprobs, lora }, prompts, maxTokens, logprobs, echo, script };
}

function checkCompletion(reader: BodyReader, logprobs: number | undefined): void {
  const { body } = reader;
  if (typeof body["suffix"] === "string" && body["suffix"] !== "")
    throw new ApiError(
      errorReply(400, "BadRequestError", "suffix is only supported for models with FIM completion rendering", "suffix"),
    );
  if (logprobs !== undefined && logprobs < -1)
    throw badValue("`logprobs` must be a positive value or -1.", "logprobs", logprobs);
  if ((logprobs ?? 0) > 20)
    throw badValue(
      `Requested sample logprobs of ${String(logprobs)}, which is greater than max allowed: 20`,
      "logprobs",
      logprobs,
    );
  const { prompt } = body;
  const given = (value: unknown): boolean => value !== undefined && value !== null && value !== "";
  if (!given(prompt) && !given(body["prompt_embeds"]))
    throw badValue("Either prompt or prompt_embeds must be provided and non-empty.", "prompt");
  if (Array.isArray(prompt) && prompt.length > 1024 && typeof prompt[0] !== "number")
    throw badValue(
      `prompt list length ${prompt.length} exceeds the maximum allowed count of 1024. To increase this limit, set the VLLM_MAX_COMPLETION_PROMPTS environment variable.`,
      "prompt",
    );
}

/** Of a list of prompts its first one. */
function flat(prompt: unknown): unknown {
  return Array.isArray(prompt) && Array.isArray(prompt[0]) ? prompt[0] : prompt;
}

function checkIds(context: EngineContext, prompt: unknown): void {
  const lists: readonly unknown[] = Array.isArray(prompt) ? [prompt, ...(prompt as unknown[])] : [];
  for (const ids of lists.filter(isIntegerArray))
    for (const id of ids)
      if (id >= context.tokenizer.vocabularySize) throw badValue(`Token id ${id} is out of vocabulary`);
}
