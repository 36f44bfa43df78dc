// Token ids that only the gateway asked for, taken out of events again: what is left is what a worker writes that nobody asked.
import { type IdSpan, withoutIds } from "../../vllm/index.ts";

/** How a worker writes members without a value. */
type Style = "null" | "absent";

export interface EventWithIds {
  readonly raw: Buffer;
  /** The same in Latin-1. */
  readonly text: string;
  /** The event without the ids of the prompt. */
  readonly bare: Buffer;
  /** Of the output ids, in `text`. */
  readonly span: IdSpan;
}

/** A class: one a stream. */
export class AddedIds {
  readonly #isChat: boolean;
  /** Of the present worker, once an event with output has shown it. */
  #style: Style | undefined;

  constructor(isChat: boolean) {
    this.#isChat = isChat;
  }

  /** What comes now is another worker's. */
  reset(): void {
    this.#style = undefined;
  }

  /** Of the prompt. */
  withoutPrompt(raw: Buffer, text: string, span: IdSpan): Buffer {
    return withoutIds(raw, span, styleIn(text) ?? "null");
  }

  /** Undefined for an event that has nothing but ids: vLLM's chat route sends it only to those who asked for them. */
  withoutOutput({ raw, text, bare, span }: EventWithIds): Buffer | undefined {
    if (this.#isChat && text.includes('"delta":{}') && !text.includes('"finish_reason":"')) return undefined;
    this.#style ??= styleIn(text);
    // Ids of the prompt stand before those of the output in an event of completions.
    const shift = bare.length - raw.length;
    const moved = { key: span.key + shift, open: span.open + shift, end: span.end + shift };
    return withoutIds(bare, moved, this.#style ?? "null");
  }
}

/** A worker that writes nulls shows it in every event that does not finish. */
function styleIn(text: string): Style | undefined {
  if (text.includes('"finish_reason":"')) return undefined;
  return text.includes(":null") ? "null" : "absent";
}
