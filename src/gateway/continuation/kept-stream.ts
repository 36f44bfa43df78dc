// A stream that can be continued: its token ids and cut are kept beside, and what the gateway asked for is taken out of it.
import {
  type ChunkHead,
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
  escapedAt,
  textAt,
  textStart,
} from "../../vllm/index.ts";
import { DATA_PREFIX, isOneEvent } from "../one-event.ts";
import type { Relay } from "../relay.ts";
import { RelayBefore } from "../relay-before.ts";
import { UsualEvent } from "../usual-event.ts";
import { AddedIds } from "./added-ids.ts";
import { CutLog } from "./cut-log.ts";
import { IdLog } from "./id-log.ts";
import { Contradiction, nextLeg, type NextLeg } from "./next-leg.ts";
import type { ContinuationPlan } from "./plan.ts";
import { headOf, type Promised, underHead, usageEvent } from "./promised.ts";
import { SaidText, TOOL_CALL } from "./said-text.ts";
import { SeenIds } from "./seen-ids.ts";

const LF = 10;

export interface KeptStreamParts {
  readonly relay: Relay;
  readonly plan: ContinuationPlan;
  /** The worker says in the stream that it failed. True: another one goes on, and nothing of this event is relayed. */
  readonly onFault: (event: Buffer) => boolean;
}

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
  /** Kept only where the stream goes on as a chat. */
  readonly said: SaidText | undefined;
  readonly #plan: ContinuationPlan;
  readonly #onFault: (event: Buffer) => boolean;
  readonly #key: "content" | "text";
  readonly #added: AddedIds;
  readonly #usual = new UsualEvent();
  readonly #listener: SseListener = (raw, data) => this.#event(raw, data);
  #scanner: SseScanner = sseScanner();
  #clean = true;
  #now = 0;
  #out: Buffer[] | undefined;
  /** The present leg is given up: its bytes are dropped. */
  #dropped = false;
  #first: Buffer | undefined;
  #head: ChunkHead | undefined;
  /** Under which the events of another worker are written that is asked on the same route. */
  #promised: Promised | undefined;
  #completed = false;
  /** The event with the usage of the whole answer has come; with `continuous_usage_stats` each chunk has one. */
  #summed = false;
  readonly #seen = new SeenIds();
  #next: ((event: JsonObject) => JsonObject | undefined) | undefined;

  constructor({ relay, plan, onFault }: KeptStreamParts) {
    super(relay);
    this.#plan = plan;
    this.#onFault = onFault;
    this.#key = plan.route === "chat" ? "content" : "text";
    this.#added = new AddedIds(plan.route === "chat");
    this.promptIds = new IdLog(plan.settings.maxTokens);
    this.outputIds = new IdLog(plan.settings.maxTokens);
    this.cut = new CutLog(plan.hold, plan.lag);
    this.said = plan.byText ? new SaidText() : undefined;
  }

  /** Output tokens that the client has for good: where another worker goes on. */
  get made(): number {
    return this.said?.tokens ?? this.cut.tokens;
  }

  /** Known only of a worker that wrote the end of the stream itself. */
  override get fingerprint(): string | null | undefined {
    const others = this.#next !== undefined || this.#promised?.before !== undefined;
    return this.#completed || others ? undefined : super.fingerprint;
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
    this.#added.reset();
    this.#usual.forget();
    this.#scanner = sseScanner();
    this.#head ??= headOf(this.#first);
    this.#promised = undefined;
    if (next.kind === "again") {
      this.#next = undefined;
      this.#promised = this.#head;
      this.promptIds.cut(0);
      this.outputIds.cut(0);
      this.cut.resume();
      return;
    }
    if (this.said !== undefined) return this.#resumeChat(this.said, next.fingerprint);
    this.#next = nextLeg({
      head: this.#head,
      fingerprint: next.fingerprint,
      reframe: this.#plan.route === "chat",
      ownIds: this.#plan.ownIds,
      cut: this.cut,
      ids: this.outputIds,
      idsSeen: this.#seen.after(this.cut.tokens, this.outputIds),
      made: this.cut.tokens,
    });
    this.outputIds.cut(this.cut.tokens);
    this.cut.resume();
  }

  /** The text so far is the beginning of a message: nothing of it is made again. */
  #resumeChat(said: SaidText, fingerprint: string | undefined): void {
    this.outputIds.cut(said.tokens);
    const { id, created, model } = this.#head ?? {};
    const before = { made: said.tokens, prompt: this.promptIds.length };
    this.#promised = { id, created, model, before, fingerprint };
  }

  /** The tokens have all come, their end has not: what the worker would still have sent. */
  complete(wantsUsage: boolean, system_fingerprint: string | undefined): void {
    this.#flush();
    if (this.done) return;
    const prompt = this.promptIds.length;
    const head = { ...(this.#head ?? headOf(this.#first)), system_fingerprint };
    if (wantsUsage && prompt > 0 && !this.#summed)
      this.#emitObject(usageEvent(head, { route: this.#plan.route, prompt, made: this.outputIds.length }));
    this.done = true;
    this.#completed = true;
    this.#emit(Buffer.from(SSE_DONE));
  }

  /** Text and one id, as known, and nothing else. */
  #token(given: string): void {
    this.outputIds.push(this.#usual.id);
    if (this.outputIds.full) this.#lose("too_long");
    else if (this.said === undefined) this.cut.addPlain(this.outputIds.length);
    else this.said.add(this.#usual.text, this.outputIds.length);
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

  /** An event of the first worker, or of one that is asked on the same route. */
  #keep(raw: Buffer, flags: number): Buffer | undefined {
    const { ownIds } = this.#plan;
    const text = raw.toString("latin1");
    const prompt = this.promptIds.length === 0 ? promptIdSpan(text) : undefined;
    if (prompt !== undefined) readIds(text, prompt, this.promptIds);
    const bare = prompt === undefined || ownIds ? raw : this.#added.withoutPrompt(raw, text, prompt);
    this.#first ??= bare;
    const span = outputIdSpan(text);
    const count = span === undefined ? 0 : readIds(text, span, this.outputIds);
    const start = textStart(text, this.#key);
    if (this.lost === undefined) this.#mark({ raw, text, count, start });
    const given = span === undefined || ownIds ? bare : this.#added.withoutOutput({ raw, text, bare, span });
    if (given === undefined) return undefined;
    if (this.#promised !== undefined) return underHead(given, this.#promised);
    const usual = flags === STREAM_EVENT.token && count === 1 && start >= 0 && prompt === undefined;
    if (usual && span !== undefined && this.lost === undefined) {
      const id = { from: span.open + 1, to: span.end - 1 };
      this.#usual.learn({ text, start, id, given: given.toString("latin1") });
    }
    return given;
  }

  #mark({ raw, text, count, start }: Looked): void {
    if (count > 0 && this.#plan.ownIds) this.shown = true;
    if (start < 0 || (this.said !== undefined && text.includes(TOOL_CALL))) return this.#noteOther(text);
    if (count === 0) return this.#lose("no_token_ids");
    if (this.promptIds.full || this.outputIds.full) return this.#lose("too_long");
    this.shown = true;
    if (this.said !== undefined) return this.said.add(escapedAt(text, start), this.outputIds.length);
    if (count === 1 && this.cut.plain) return this.cut.addPlain(this.outputIds.length);
    this.cut.add(textAt(raw, start), this.outputIds.length, count === 1);
  }

  #noteOther(text: string): void {
    const reasons = text.includes('"reasoning":"') || text.includes('"reasoning_content":"');
    if (reasons && this.#promised?.before !== undefined)
      throw new Contradiction("The worker that was to go on reasons anew.");
    if (reasons) this.#lose("reasoning");
    else if (text.includes(TOOL_CALL)) this.#lose("tool_call");
  }

  #lose(why: NonNullable<KeptStream["lost"]>): void {
    this.lost = why;
    this.shown = true;
    this.#usual.forget();
    this.promptIds.cut(0);
    this.outputIds.cut(0);
    this.said?.clear();
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
