// One choice's stream of tokens → the `delta` objects of its chunks.
import type { ChatRequest } from "./chat-request.ts";
import type { ChoiceDelta } from "./choice-buffer.ts";
import type { EngineContext } from "./engine-context.ts";

export interface WrittenDelta {
  readonly delta: object;
  readonly finish: string | null;
}

export interface DeltaWriter {
  /** Undefined when this token makes no chunk. */
  push(delta: ChoiceDelta): WrittenDelta | undefined;
}

export function deltaWriter(_context: EngineContext, _request: ChatRequest): DeltaWriter {
  return { push: (delta) => ({ delta: { content: delta.text }, finish: delta.finish ?? null }) };
}
