// A /v1/chat/completions body: read, checked in vLLM's order, and turned into what the engine has to generate.
import type { BodyReader } from "./body-reader.ts";
import { bodyReader } from "./body-reader.ts";
import { badValue } from "./api-error.ts";
import type { EngineContext } from "./engine-context.ts";
import { isObject, type JsonObject } from "./json-object.ts";
import { adapterOf, checkModel } from "./model-name.ts";
import { checkMaxTokens, outputLimit } from "./output-limit.ts";
import { readPrompts } from "./prompts.ts";
import { checkResponseFormat } from "./response-format.ts";
import { checkEarly, checkSampling, readSampling, type SamplingRequest } from "./sampling.ts";
import { scriptFor, type Script } from "./script.ts";

export interface ChatRequest {
  readonly model: string;
  readonly body: JsonObject;
  readonly sampling: SamplingRequest;
  readonly promptIds: Int32Array;
  readonly maxTokens: number;
  /** Undefined = no logprobs. */
  readonly topLogprobs: number | undefined;
  readonly echo: string;
  readonly script: Script | undefined;
}

export function readChatRequest(context: EngineContext, body: JsonObject): ChatRequest {
  const reader = bodyReader(body);
  const messages = reader.required("messages") ? reader.list("messages") : undefined;
  checkMessages(reader, messages);
  const sampling = readSampling(reader);
  const asked = reader.integer("max_completion_tokens") ?? reader.integer("max_tokens");
  const topLogprobs = readLogprobs(reader);
  const echo = reader.boolean("echo") ?? false;
  reader.string("model");
  reader.finish();
  checkResponseFormat(body);
  checkEarly(reader, sampling);
  checkContinuation(body);
  const model = checkModel(context, body["model"]);
  const [promptIds = new Int32Array(0)] = readPrompts(context, "chat", body);
  checkMaxTokens(asked, context.maxModelLen);
  const maxTokens = outputLimit({ promptTokens: promptIds.length, asked, maxModelLen: context.maxModelLen });
  const priorities = context.options.schedulingPolicy === "priority";
  checkSampling(sampling, { vocabularySize: context.tokenizer.vocabularySize, priorities, maxTokens });
  const script = scriptFor(context, { body, promptIds });
  // As vLLM: an echoed prompt comes with its probabilities.
  const promptLogprobs = sampling.promptLogprobs ?? (echo && !sampling.stream ? (topLogprobs ?? 0) : undefined);
  const echoed = echo ? lastContent(messages) : "";
  return {
    model,
    body,
    sampling: { ...sampling, promptLogprobs, lora: adapterOf(context, body["model"]) },
    promptIds,
    maxTokens,
    topLogprobs,
    echo: echoed,
    script,
  };
}

function checkMessages(reader: BodyReader, messages: readonly unknown[] | undefined): void {
  messages?.forEach((message, i) => {
    const loc = `body.messages.${i}`;
    if (!isObject(message))
      reader.report({ type: "dict_type", loc, msg: "Input should be a valid dictionary", input: message });
    else if (message["role"] === undefined)
      reader.report({ type: "missing", loc: `${loc}.role`, msg: "Field required", input: message });
  });
}

function readLogprobs(reader: BodyReader): number | undefined {
  const wanted = reader.boolean("logprobs") ?? false;
  const top = reader.integer("top_logprobs");
  if (top !== undefined && top < -1)
    throw badValue("`top_logprobs` must be a positive value or -1.", "top_logprobs", top);
  if (top !== undefined && top !== 0 && !wanted)
    throw badValue("when using `top_logprobs`, `logprobs` must be set to true.", "top_logprobs");
  if ((top ?? 0) > 20)
    throw badValue(
      `Requested sample logprobs of ${String(top)}, which is greater than max allowed: 20`,
      "logprobs",
      top,
    );
  return wanted ? Math.max(0, top ?? 0) : undefined;
}

function checkContinuation(body: JsonObject): void {
  if (
    body["continue_final_message"] === true &&
    body["add_generation_prompt"] !== false &&
    body["add_generation_prompt"] !== undefined
  )
    throw badValue("Cannot set both `continue_final_message` and `add_generation_prompt` to True.");
}

function lastContent(messages: readonly unknown[] | undefined): string {
  const last = messages?.at(-1);
  return isObject(last) && typeof last["content"] === "string" && last["role"] === "assistant" ? last["content"] : "";
}
