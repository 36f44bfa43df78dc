// The stream of a decode leg until its first token: before that it may say that its KV did not come.
import { type SseScanner, sseScanner, STREAM_EVENT, streamEventFlags } from "../../vllm/index.ts";
import { HeldAnswer } from "../held-answer.ts";

/** More without a token is no stream of a vLLM. */
const LIMIT = 64 * 1024;

export class FirstTokenHold extends HeldAnswer {
  readonly #scanner: SseScanner = sseScanner();

  constructor() {
    super(LIMIT);
  }

  override add(chunk: Buffer): boolean {
    let hasToken = false;
    this.#scanner.push(chunk, (_raw, data) => {
      hasToken ||= (streamEventFlags(data) & (STREAM_EVENT.token | STREAM_EVENT.finished)) !== 0;
    });
    return super.add(chunk) && !hasToken;
  }
}
