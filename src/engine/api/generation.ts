// All sequences of one HTTP request: n choices of each prompt, their ids, and one way to take all of them back.
import { type EngineContext, hexId } from "./engine-context.ts";
import { choiceSalt, forcedToken, type SamplingRequest } from "./sampling.ts";
import type { TransferWish } from "../transfer/transfer-params.ts";
import { runSequence, type SequenceDelta } from "./sequence-run.ts";

export interface GenerationPlan {
  readonly requestId: string;
  readonly prompts: readonly Int32Array[];
  /** Output tokens at the most, for each prompt. */
  readonly maxTokens: readonly number[];
  readonly sampling: SamplingRequest;
  readonly script?: readonly number[] | undefined;
  readonly priority: number;
  readonly arrivedAt: number;
  /** What the request asks of KV transfers. */
  readonly transfer?: TransferWish | undefined;
}

export interface Generation {
  readonly choices: number;
  abort(): void;
}

/** Choice i belongs to prompt ⌊i / n⌋. */
export function startGeneration(
  context: EngineContext,
  plan: GenerationPlan,
  onDelta: (choice: number, delta: SequenceDelta) => void,
): Generation {
  const { n } = plan.sampling;
  const runs = Array.from({ length: plan.prompts.length * n }, (_, choice) =>
    runSequence(context, sequencePlan(context, plan, choice), (delta) => onDelta(choice, delta)),
  );
  return {
    choices: runs.length,
    abort: () => {
      for (const run of runs) run.abort();
    },
  };
}

function sequencePlan(context: EngineContext, plan: GenerationPlan, choice: number) {
  const { sampling } = plan;
  const prompt = Math.floor(choice / sampling.n);
  return {
    ...sampling,
    // Two clients may send the same id at once; vLLM adds a random suffix as well.
    id: `${plan.requestId}-${choice}-${hexId(context.random, 8)}`,
    promptIds: plan.prompts[prompt] ?? new Int32Array(0),
    maxTokens: plan.maxTokens[prompt] ?? 0,
    forcedToken: forcedToken(sampling),
    salt: choiceSalt(sampling, choice % sampling.n, context.random),
    priority: plan.priority,
    script: plan.script,
    arrivedAt: plan.arrivedAt,
    transfer: plan.transfer,
  };
}
