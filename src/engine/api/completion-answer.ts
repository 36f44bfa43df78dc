// What the unary and the streamed completion share.
import type { CompletionRequest } from "./completion-request.ts";
import type { EngineContext } from "./engine-context.ts";

export interface CompletionAnswer {
  readonly id: string;
  readonly created: number;
  readonly request: CompletionRequest;
}

/** vLLM leaves the text out when it gives the ids. */
export function echoText(context: EngineContext, { echo, sampling }: CompletionRequest, prompt: Int32Array): string {
  return echo && !sampling.returnTokenIds ? context.tokenizer.decode(prompt) : "";
}
