// The events of a streamed chat completion, in vLLM's order and with its field presence.
import type { ChatAnswer } from "./chat-completions.ts";
import type { ChoiceDelta } from "./choice-buffer.ts";
import { deltaWriter } from "./chat-delta.ts";
import type { EngineContext } from "./engine-context.ts";
import { chatLogprobs } from "./logprobs.ts";
import type { ChunkRenderer, StreamProgress } from "./stream-choices.ts";
import { createdCacheTokens, finalUsage, totals } from "./usage.ts";

export function chatChunks(context: EngineContext, answer: ChatAnswer): ChunkRenderer {
  const { request } = answer;
  const { sampling, promptIds } = request;
  const writers = Array.from({ length: sampling.n }, () => deltaWriter(context, request));
  const head = { id: answer.id, object: "chat.completion.chunk", created: answer.created, model: request.model };
  const details = context.options.promptTokensDetails;

  function counts(progress: StreamProgress) {
    const completion = progress.counts.reduce((sum, count) => sum + count, 0);
    const cached = progress.cachedTokens;
    const created = createdCacheTokens(promptIds.length, cached, context.options.blockSize);
    return { prompt: promptIds.length, completion, cached, created };
  }

  function running(completion: number): object {
    if (!sampling.continuousUsage) return {};
    const usage = totals({ prompt: promptIds.length, completion, cached: 0, created: null });
    return { usage: { ...usage, completion_tokens_details: null } };
  }

  function logprobs(delta: ChoiceDelta): object | null {
    if (request.topLogprobs === undefined) return null;
    return chatLogprobs(context, delta.tokens, { states: delta.states, top: request.topLogprobs });
  }

  return {
    done: true,
    begin(emit) {
      const prompt = { prompt_token_ids: sampling.returnTokenIds ? [...promptIds] : null, prompt_text: null };
      for (let index = 0; index < sampling.n; index++) {
        const first = { index, delta: { role: "assistant", content: "" }, logprobs: null, finish_reason: null };
        emit(JSON.stringify({ ...head, choices: [first], ...running(0), ...prompt }));
      }
      if (request.echo === "") return;
      const echo = { index: 0, delta: { content: request.echo }, logprobs: null, finish_reason: null };
      emit(JSON.stringify({ ...head, choices: [echo], ...running(0) }));
    },
    delta(delta, progress, emit) {
      const written = writers[delta.choice]?.push(delta);
      if (written === undefined) return;
      const stop = delta.finish === undefined ? {} : { stop_reason: delta.stopReason };
      const choice = {
        index: delta.choice,
        delta: written.delta,
        logprobs: logprobs(delta),
        finish_reason: written.finish,
        ...stop,
        token_ids: sampling.returnTokenIds ? delta.tokens : null,
      };
      const terminal =
        delta.finish !== undefined && !sampling.includeUsage ? { system_fingerprint: context.fingerprint } : {};
      emit(JSON.stringify({ ...head, choices: [choice], ...running(progress.counts[delta.choice] ?? 0), ...terminal }));
    },
    end(progress, emit) {
      if (!sampling.includeUsage) return;
      const usage = finalUsage(counts(progress), details);
      emit(JSON.stringify({ ...head, choices: [], usage, system_fingerprint: context.fingerprint }));
    },
  };
}
