// The events of a streamed text completion, in vLLM's order and with its field presence.
import type { ChoiceDelta } from "./choice-buffer.ts";
import { type CompletionAnswer, echoText } from "./completion-answer.ts";
import type { EngineContext } from "./engine-context.ts";
import { completionLogprobs } from "./logprobs.ts";
import type { ChunkRenderer } from "./stream-choices.ts";
import { finalUsage, totals } from "./usage.ts";

export function completionChunks(context: EngineContext, answer: CompletionAnswer): ChunkRenderer {
  const { request } = answer;
  const { sampling, prompts } = request;
  const head = { id: answer.id, object: "text_completion", created: answer.created, model: request.model };
  const promptTokens = prompts.reduce((sum, ids) => sum + ids.length, 0);
  const begun = new Set<number>();
  const offsets = new Map<number, number>();

  function running(delta: ChoiceDelta, completion: number): object {
    if (!sampling.continuousUsage) return {};
    const prompt = prompts[Math.floor(delta.choice / sampling.n)]?.length ?? 0;
    return { usage: totals({ prompt, completion, cached: 0, created: null }) };
  }

  function logprobs(delta: ChoiceDelta): object | null {
    if (request.logprobs === undefined) return null;
    const offset = offsets.get(delta.choice) ?? 0;
    offsets.set(delta.choice, offset + delta.text.length);
    return completionLogprobs(context, delta.tokens, { states: delta.states, top: request.logprobs, offset });
  }

  function shown(delta: ChoiceDelta, first: boolean): { readonly text: string; readonly tokens: readonly number[] } {
    const at = Math.floor(delta.choice / sampling.n);
    const echoed = first ? echoText(context, request, prompts[at] ?? new Int32Array(0)) : "";
    return request.maxTokens[at] === 0
      ? { text: echoed, tokens: [] }
      : { text: echoed + delta.text, tokens: delta.tokens };
  }

  return {
    done: true,
    begin: () => undefined,
    delta(delta, progress, emit) {
      const first = !begun.has(delta.choice);
      begun.add(delta.choice);
      const { text, tokens } = shown(delta, first);
      const promptIds =
        first && (sampling.returnTokenIds || request.echo)
          ? [...(prompts[Math.floor(delta.choice / sampling.n)] ?? [])]
          : null;
      const choice = {
        index: delta.choice,
        text,
        logprobs: logprobs(delta),
        finish_reason: delta.finish ?? null,
        stop_reason: delta.finish === undefined ? null : delta.stopReason,
        prompt_token_ids: promptIds,
        token_ids: sampling.returnTokenIds ? tokens : null,
      };
      const terminal =
        delta.finish !== undefined && !sampling.includeUsage ? { system_fingerprint: context.fingerprint } : {};
      const usage = running(delta, progress.counts[delta.choice] ?? 0);
      emit(JSON.stringify({ ...head, choices: [choice], ...usage, ...terminal }));
    },
    end(progress, emit) {
      if (!sampling.includeUsage) return;
      const completion = progress.counts.reduce((sum, count) => sum + count, 0);
      const counts = { prompt: promptTokens, completion, cached: progress.cachedTokens, created: null };
      const usage = finalUsage(counts, context.options.promptTokensDetails);
      emit(JSON.stringify({ ...head, choices: [], usage, system_fingerprint: context.fingerprint }));
    },
  };
}
