// A stream that can be continued: its token ids and cut are kept beside, and what the gateway asked for is taken out of it.
import {
  type ChunkHead,
  type IdSpan,
  type JsonObject,
  outputIdSpan,
  promptIdSpan,
  readIds,
  SSE_DONE,
  sseEvent,
  type SseListener,
  type SseScanner,
  sseScanner,
  STREAM_EVENT,
  streamEventFlags,
  textAt,
  textStart,
  withoutIds,
} from "../../vllm/index.ts";
import { DATA_PREFIX, isOneEvent } from "../one-event.ts";
import type { Relay } from "../relay.ts";
import { RelayBefore } from "../relay-before.ts";
import { UsualEvent } from "../usual-event.ts";
import { CutLog } from "./cut-log.ts";
import { IdLog } from "./id-log.ts";
import { Contradiction, nextLeg } from "./next-leg.ts";
import type { ContinuationPlan } from "./plan.ts";
import { headOf, underHead } from "./promised.ts";

const LF = 10;

export interface KeptStreamParts {
  readonly relay: Relay;
  readonly plan: ContinuationPlan;
  /** The worker says in the stream that it failed. True: another one goes on, and nothing of this event is relayed. */
  readonly onFault: (event: Buffer) => boolean;
}

/** How the stream goes on. `again`: the client has no output yet, so the request is sent as it was. */
export type NextLeg = { readonly kind: "again" } | { readonly kind: "from_cut"; readonly fingerprint?: string };

/** How a worker writes members without a value. */
type Style = "null" | "absent";

interface Looked {
  readonly raw: Buffer;
  /** The same in Latin-1. */
  readonly text: string;
  /** Ids in it. */
  readonly count: number;
  /** Where its output text begins; -1 = it has none. */
  readonly start: number;
}

/** A class: one a stream, called for each chunk. Gives its relay whole events only. */
export class KeptStream extends RelayBefore {
  /** Why it cannot be continued, when that shows on the way. */
  lost: "reasoning" | "tool_call" | "no_token_ids" | "too_long" | undefined = undefined;
  /** A finish reason came that is not `abort`. */
  finished = false;
  /** `[DONE]` came. */
  done = false;
  /** The client has text, or ids that it asked for. */
  shown = false;
  readonly promptIds: IdLog;
  readonly outputIds: IdLog;
  readonly cut: CutLog;
  readonly #plan: ContinuationPlan;
  readonly #onFault: (event: Buffer) => boolean;
  readonly #key: "content" | "text";
  readonly #usual = new UsualEvent();
  readonly #listener: SseListener = (raw, data) => this.#event(raw, data);
  #scanner: SseScanner = sseScanner();
  #clean = true;
  #now = 0;
  #out: Buffer[] | undefined;
  /** The present leg is given up: its bytes are dropped. */
  #dropped = false;
  /** Of the present worker, once an event with output has shown it. */
  #style: Style | undefined;
  #first: Buffer | undefined;
  #head: ChunkHead | undefined;
  #again = false;
  #completed = false;
  /** The event with the usage of the whole answer has come; with `continuous_usage_stats` each chunk has one. */
  #summed = false;
  #seen: { readonly from: number; readonly ids: readonly number[] } = { from: 0, ids: [] };
  #next: ((event: JsonObject) => JsonObject | undefined) | undefined;

  constructor({ relay, plan, onFault }: KeptStreamParts) {
    super(relay);
    this.#plan = plan;
    this.#onFault = onFault;
    this.#key = plan.route === "chat" ? "content" : "text";
    this.promptIds = new IdLog(plan.settings.maxTokens);
    this.outputIds = new IdLog(plan.settings.maxTokens);
    this.cut = new CutLog(plan.hold);
  }

  /** Known only of a worker that wrote the end of the stream itself. */
  override get fingerprint(): string | null | undefined {
    return this.#completed || this.#next !== undefined ? undefined : super.fingerprint;
  }

  write(chunk: Buffer, now: number): void {
    if (this.#dropped) return;
    this.#now = now;
    if (this.#clean) {
      const usual = this.cut.plain ? this.#usual.match(chunk) : undefined;
      if (usual !== undefined) return this.#token(usual);
      if (isOneEvent(chunk)) return this.#event(chunk, chunk.subarray(DATA_PREFIX, chunk.length - 2));
    }
    this.#out = [];
    try {
      this.#scanner.push(chunk, this.#listener);
    } finally {
      this.#flush();
    }
    this.#clean = this.#scanner.atBoundary && chunk[chunk.length - 1] === LF;
  }

  finish(): void {
    this.inner.finish();
  }

  /** Nothing of the present leg counts any more. */
  drop(): void {
    this.#dropped = true;
  }

  /** What comes now is another worker's. */
  resume(next: NextLeg): void {
    this.#dropped = false;
    this.#clean = true;
    this.#style = undefined;
    this.#usual.forget();
    this.#scanner = sseScanner();
    this.#head ??= headOf(this.#first);
    this.#again = next.kind === "again";
    if (next.kind === "again") {
      this.#next = undefined;
      this.promptIds.cut(0);
      this.outputIds.cut(0);
      this.cut.resume();
      return;
    }
    this.#next = nextLeg({
      head: this.#head,
      fingerprint: next.fingerprint,
      reframe: this.#plan.route === "chat",
      ownIds: this.#plan.ownIds,
      cut: this.cut,
      ids: this.outputIds,
      idsSeen: this.#idsSeen(),
      made: this.cut.tokens,
    });
    this.outputIds.cut(this.cut.tokens);
    this.cut.resume();
  }

  /** Ids after the cut that the client has; a worker that was lost early has not made all of them again. */
  #idsSeen(): readonly number[] {
    const { tokens } = this.cut;
    const made = this.outputIds.after(tokens);
    const before = this.#seen.ids.slice(tokens - this.#seen.from);
    const ids = made.length >= before.length ? made : before;
    this.#seen = { from: tokens, ids };
    return ids;
  }

  /** The tokens have all come, their end has not: what the worker would still have sent. */
  complete(wantsUsage: boolean, system_fingerprint: string | undefined): void {
    this.#flush();
    if (this.done) return;
    const prompt = this.promptIds.length;
    const made = this.outputIds.length;
    const head = this.#head ?? headOf(this.#first);
    const object = this.#plan.route === "chat" ? "chat.completion.chunk" : "text_completion";
    const usage = { prompt_tokens: prompt, total_tokens: prompt + made, completion_tokens: made };
    const { id, created, model } = head ?? {};
    if (wantsUsage && prompt > 0 && !this.#summed)
      this.#emitObject({ id, object, created, model, choices: [], usage, system_fingerprint });
    this.done = true;
    this.#completed = true;
    this.#emit(Buffer.from(SSE_DONE));
  }

  /** Text and one id, as known, and nothing else. */
  #token(given: string): void {
    this.outputIds.push(this.#usual.id);
    if (this.outputIds.full) this.#lose("too_long");
    else this.cut.addPlain(this.outputIds.length);
    if (this.inner.writeToken === undefined) this.inner.write(Buffer.from(given, "latin1"), this.#now);
    else this.inner.writeToken(given, this.#now);
  }

  #event(raw: Buffer, data: Buffer): void {
    if (this.#dropped) return;
    const flags = streamEventFlags(data);
    if ((flags & STREAM_EVENT.done) !== 0) this.done = true;
    if ((flags & (STREAM_EVENT.error | STREAM_EVENT.finished)) !== 0 && this.#failed(raw, flags)) return;
    if (this.#next !== undefined && data[0] === 123) return this.#translate(data);
    const kept = data[0] === 123 ? this.#keep(raw, flags) : raw;
    if (kept !== undefined) this.#emit(kept);
  }

  /** True when another worker goes on. */
  #failed(raw: Buffer, flags: number): boolean {
    const failed = (flags & STREAM_EVENT.error) !== 0 || raw.includes('"finish_reason":"abort"');
    if (!failed) {
      this.finished = true;
      return false;
    }
    if (!this.#onFault(raw)) return false;
    this.#dropped = true;
    return true;
  }

  /** An event of the first worker, or of one that does all of it again. */
  #keep(raw: Buffer, flags: number): Buffer | undefined {
    const text = raw.toString("latin1");
    const prompt = this.promptIds.length === 0 ? promptIdSpan(text) : undefined;
    const bare = prompt === undefined ? raw : this.#takePrompt(raw, text, prompt);
    this.#first ??= bare;
    const span = outputIdSpan(text);
    const count = span === undefined ? 0 : readIds(text, span, this.outputIds);
    const start = textStart(text, this.#key);
    if (this.lost === undefined) this.#mark({ raw, text, count, start });
    if (span === undefined) return this.#asPromised(bare);
    if (start < 0 && this.#isSwallowed(text)) return undefined;
    const given = this.#plan.ownIds
      ? bare
      : withoutIds(bare, moved(span, bare.length - raw.length), this.#styleOf(text));
    const usual = flags === STREAM_EVENT.token && count === 1 && start >= 0 && prompt === undefined;
    if (usual && this.lost === undefined && !this.#again)
      this.#usual.learn({
        text,
        start,
        id: { from: span.open + 1, to: span.end - 1 },
        given: given.toString("latin1"),
      });
    return this.#asPromised(given);
  }

  #takePrompt(raw: Buffer, text: string, span: IdSpan): Buffer {
    readIds(text, span, this.promptIds);
    return this.#plan.ownIds ? raw : withoutIds(raw, span, styleIn(text) ?? "null");
  }

  #styleOf(text: string): Style {
    return (this.#style ??= styleIn(text)) ?? "null";
  }

  /** vLLM's chat route sends a token without text only to those who asked for ids. */
  #isSwallowed(text: string): boolean {
    return (
      this.#key === "content" &&
      !this.#plan.ownIds &&
      text.includes('"delta":{}') &&
      !text.includes('"finish_reason":"')
    );
  }

  #mark({ raw, text, count, start }: Looked): void {
    if (count > 0 && this.#plan.ownIds) this.shown = true;
    if (start < 0) return this.#noteOther(text);
    if (count === 0) return this.#lose("no_token_ids");
    if (this.promptIds.full || this.outputIds.full) return this.#lose("too_long");
    this.shown = true;
    if (count === 1 && this.cut.plain) return this.cut.addPlain(this.outputIds.length);
    this.cut.add(textAt(raw, start), this.outputIds.length, count === 1);
  }

  #noteOther(text: string): void {
    if (text.includes('"reasoning":"') || text.includes('"reasoning_content":"')) this.#lose("reasoning");
    else if (text.includes('"tool_calls":[{')) this.#lose("tool_call");
  }

  #lose(why: NonNullable<KeptStream["lost"]>): void {
    this.lost = why;
    this.shown = true;
    this.#usual.forget();
    this.promptIds.cut(0);
    this.outputIds.cut(0);
  }

  #asPromised(event: Buffer): Buffer | undefined {
    return this.#again && this.#head !== undefined ? underHead(event, this.#head) : event;
  }

  #translate(data: Buffer): void {
    try {
      const event = this.#next?.(JSON.parse(data.toString()) as JsonObject);
      if (event === undefined) return;
      this.shown = true;
      this.#emitObject(event);
    } catch (error) {
      this.#dropped = true;
      throw error instanceof SyntaxError ? new Contradiction("The worker that was to go on sends no JSON.") : error;
    }
  }

  #emitObject(event: JsonObject): void {
    this.#emit(Buffer.from(sseEvent(JSON.stringify(event))));
  }

  #flush(): void {
    const out = this.#out;
    this.#out = undefined;
    if (out !== undefined && out.length > 0) this.inner.write(Buffer.concat(out), this.#now);
  }

  #emit(event: Buffer): void {
    if (this.finished && event.includes('"choices":[]')) this.#summed = true;
    if (this.#out !== undefined) this.#out.push(event);
    else this.inner.write(event, this.#now);
  }
}

/** Ids of the prompt stand before those of the output in an event of completions. */
function moved({ key, open, end }: IdSpan, shift: number): IdSpan {
  return { key: key + shift, open: open + shift, end: end + shift };
}

/** A worker that writes nulls shows it in every event that does not finish. */
function styleIn(text: string): Style | undefined {
  if (text.includes('"finish_reason":"')) return undefined;
  return text.includes(":null") ? "null" : "absent";
}
