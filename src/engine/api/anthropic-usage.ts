// `usage` as Anthropic has it: what the cache gave and took is counted apart from the rest of the input.
import type { EngineContext } from "./engine-context.ts";
import type { UsageCounts } from "./usage.ts";

export function anthropicUsage(context: EngineContext, { prompt, completion, cached, created }: UsageCounts): object {
  if (!context.options.promptTokensDetails) return { input_tokens: prompt, output_tokens: completion };
  return {
    input_tokens: Math.max(0, prompt - cached - (created ?? 0)),
    output_tokens: completion,
    cache_creation_input_tokens: created,
    cache_read_input_tokens: cached,
  };
}
