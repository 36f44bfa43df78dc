// Requests of stated lengths, with a stated share of a common prefix, for load runs without a trace.
import type { Random } from "../core/index.ts";
import { expandHashId } from "../tokens/index.ts";
import type { PlannedRequest } from "./load-client.ts";

export interface SyntheticPlanOptions {
  readonly model: string;
  /** Times to send at, ms. */
  readonly times: ArrayLike<number>;
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** Lengths vary uniformly by ± this share, 0…1. */
  readonly jitter: number;
  /** Leading share of each prompt that is the same within a group, 0…1. */
  readonly sharedShare: number;
  readonly groups: number;
  readonly vocabulary: number;
  readonly random: Random;
}

export function* syntheticPlan(options: SyntheticPlanOptions): Generator<PlannedRequest> {
  const { times, model, random, groups } = options;
  for (let i = 0; i < times.length; i++) {
    const input = jittered(options.inputTokens, options);
    const output = jittered(options.outputTokens, options);
    const shared = Math.floor(input * options.sharedShare);
    const common = expandHashId(random.int(groups), shared, options.vocabulary, 1);
    const own = expandHashId(i, input - shared, options.vocabulary, 2 + random.int(1 << 30));
    const prompt = [...common, ...own];
    const body = {
      model,
      prompt,
      max_tokens: output,
      ignore_eos: true,
      temperature: 0,
      stream: true,
      stream_options: { include_usage: true },
    };
    yield { plannedAt: times[i] ?? 0, path: "/v1/completions", body: Buffer.from(JSON.stringify(body)) };
  }
}

function jittered(mean: number, { jitter, random }: SyntheticPlanOptions): number {
  return Math.max(1, Math.round(mean * (1 + jitter * (2 * random.next() - 1))));
}
