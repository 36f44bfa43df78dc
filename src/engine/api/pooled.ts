// What the pooling routes share: prompts pass through the engine for their time, then vectors are made from their ids.
import { adapterOf, checkModel } from "./model-name.ts";
import { bodyReader } from "./body-reader.ts";
import { collectChoices } from "./collect-choices.ts";
import { type EngineContext, hexId } from "./engine-context.ts";
import type { Exchange } from "./exchange.ts";
import { EMPTY_STATE, mixTokens, scramble, unit } from "./next-token.ts";
import { outputLimit } from "./output-limit.ts";
import { readPrompts } from "./prompts.ts";
import { readSampling } from "./sampling.ts";

export interface Pooled {
  readonly model: string;
  readonly prompts: readonly Int32Array[];
  readonly promptTokens: number;
}

/** `input` is what /v1/embeddings takes: text, texts, ids, lists of ids. */
export function poolPrompts(
  context: EngineContext,
  exchange: Exchange,
  asked: { readonly input: unknown; readonly done: (pooled: Pooled) => void },
): void {
  const model = checkModel(context, exchange.body["model"]);
  const prompts = readPrompts(context, "embeddings", { ...exchange.body, input: asked.input });
  for (const { length } of prompts)
    outputLimit({ promptTokens: length, asked: undefined, maxModelLen: context.maxModelLen });
  const plan = {
    requestId: `pool-${hexId(context.random)}`,
    prompts,
    maxTokens: prompts.map(() => 1),
    sampling: {
      ...readSampling(bodyReader({})),
      ignoreEos: true,
      lora: adapterOf(context, exchange.body["model"]),
    },
    priority: 0,
    arrivedAt: exchange.arrivedAt,
  };
  const promptTokens = prompts.reduce((sum, ids) => sum + ids.length, 0);
  collectChoices(context, exchange, { plan, done: () => asked.done({ model, prompts, promptTokens }) });
}

/** A unit vector that is a pure function of the ids: similar for prompts that share tokens. */
export function embed(ids: Int32Array, dimensions: number): number[] {
  const sum = new Float64Array(dimensions);
  for (const id of new Set(ids))
    for (let i = 0; i < dimensions; i++)
      sum[i] = (sum[i] ?? 0) + unit(scramble(Math.imul(id + 1, 0x9e3779b1) ^ i)) - 0.5;
  // A little of the whole sequence, so that order matters too.
  const whole = mixTokens(EMPTY_STATE, ids);
  for (let i = 0; i < dimensions; i++) sum[i] = (sum[i] ?? 0) + (unit(scramble(whole ^ i)) - 0.5) * 0.1;
  const norm = Math.hypot(...sum) || 1;
  return Array.from(sum, (value) => Number((value / norm).toFixed(8)));
}

export function pooledUsage(promptTokens: number): object {
  return {
    prompt_tokens: promptTokens,
    total_tokens: promptTokens,
    completion_tokens: 0,
    prompt_tokens_details: null,
  };
}
