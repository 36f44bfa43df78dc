// A streamed answer: one event a token while the client reads, merged events when it does not.
import { choiceBuffer, type ChoiceDelta } from "./choice-buffer.ts";
import { streamError } from "../../vllm/index.ts";
import type { EngineContext } from "./engine-context.ts";
import { type EventStream, eventStream } from "./event-stream.ts";
import type { Exchange } from "./exchange.ts";
import { type GenerationPlan, startGeneration } from "./generation.ts";

/** Renders the events of one API; `emit` takes the JSON of an event, and its name where the API has names. */
export interface ChunkRenderer {
  /** Before the first token. */
  begin(emit: Emit): void;
  delta(delta: ChoiceDelta, progress: StreamProgress, emit: Emit): void;
  end(progress: StreamProgress, emit: Emit): void;
  /** Whether `data: [DONE]` ends the stream. */
  readonly done: boolean;
}

export type Emit = (data: string, event?: string) => void;

export interface StreamProgress {
  /** Output tokens of each choice so far, the current delta included. */
  readonly counts: readonly number[];
  readonly cachedTokens: number;
}

export interface Streaming {
  readonly plan: GenerationPlan;
  readonly chunks: ChunkRenderer;
}

export function streamChoices(context: EngineContext, exchange: Exchange, { plan, chunks }: Streaming): void {
  const total = plan.prompts.length * plan.sampling.n;
  const counts = Array.from({ length: total }, () => 0);
  const buffer = choiceBuffer();
  const stream: EventStream = eventStream(exchange, flush);
  const emit: Emit = (data, event) => stream.send(data, event);
  let open = total;
  let begun = false;

  function flush(): void {
    for (const delta of buffer.take()) write(delta);
  }

  function write(delta: ChoiceDelta): void {
    if (!begun) chunks.begin(emit);
    begun = true;
    if (delta.finish === "error") {
      emit(streamError("Internal server error"));
      generation.abort();
      return stream.end(chunks.done);
    }
    counts[delta.choice] = (counts[delta.choice] ?? 0) + delta.tokens.length;
    if (delta.finish !== undefined) open--;
    const progress = { counts, cachedTokens: delta.cachedTokens };
    chunks.delta(delta, progress, emit);
    if (open > 0) return;
    chunks.end(progress, emit);
    stream.end(chunks.done);
  }

  const generation = startGeneration(context, plan, (choice, delta) => {
    buffer.add(choice, delta);
    if (stream.ready) flush();
  });
  exchange.onLeave(() => generation.abort());
}
