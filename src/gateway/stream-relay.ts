// A stream of events on its way to the client: bytes as received, scanned for tokens, usage and errors.
import {
  finishReasonOf,
  readTokenUsage,
  type SseListener,
  type SseScanner,
  sseScanner,
  STREAM_EVENT,
  streamEventFlags,
  textStart,
  type TokenUsage,
  type UsageRestore,
} from "../vllm/index.ts";
import { DATA_PREFIX, isOneEvent } from "./one-event.ts";
import { ClientWriter, type Relay, type RelayParts, type RelaySink } from "./relay.ts";
import { UsualEvent } from "./usual-event.ts";
import { inBandFault } from "./worker-fault.ts";

const LF = 10;

/** With `restore`, the client gets the bytes vLLM would have sent without our edit of the request. */
export class StreamRelay implements Relay {
  finishReason: string | undefined = undefined;
  readonly #writer: ClientWriter;
  readonly #sink: RelaySink;
  readonly #restore: UsageRestore | undefined;
  readonly #scanner: SseScanner = sseScanner();
  readonly #listener: SseListener = (raw, data) => this.#onEvent(raw, data);
  #usage: TokenUsage | undefined;
  #sawError = false;
  #sawDone = false;
  overloadedInBand = false;
  readonly #usual = new UsualEvent();
  #now = 0;
  #out: Buffer[] = [];
  #edited = false;
  /** So far every event was text: `restore` has nothing to do with those, before the first other one. */
  #plain = true;
  /** The scanner is between two events, and no half line end is open. */
  #clean = true;

  constructor(parts: RelayParts, restore: UsageRestore | undefined) {
    this.#writer = new ClientWriter(parts);
    this.#sink = parts.sink;
    this.#restore = restore;
  }

  get usage(): TokenUsage | undefined {
    return this.#restore?.usage ?? this.#usage;
  }

  get failedInBand(): boolean {
    return this.#sawError || this.finishReason === "abort";
  }

  get unfinished(): boolean {
    return !this.#sawError && !this.#sawDone && this.finishReason === undefined;
  }

  get atBoundary(): boolean {
    return this.#restore !== undefined || this.#scanner.atBoundary;
  }

  get fingerprint(): string | null | undefined {
    // Only the usage event tells that there is none.
    return this.#restore?.fingerprint ?? (this.#restore?.usage === undefined ? undefined : null);
  }

  write(chunk: Buffer, now: number): void {
    this.#now = now;
    if (this.#clean && this.#plain) {
      const usual = this.#usual.match(chunk);
      if (usual !== undefined) return this.writeToken(usual, now);
      if (isOneEvent(chunk)) return this.#writeEvent(chunk);
    }
    if (this.#restore !== undefined) {
      this.#writeRestored(chunk);
    } else {
      this.#writer.write(chunk);
      this.#scanner.push(chunk, this.#listener);
    }
    this.#clean = this.#scanner.atBoundary && chunk[chunk.length - 1] === LF;
  }

  /** The usual event is neither scanned nor copied. */
  writeToken(event: string, now: number): void {
    if (!this.#clean || !this.#plain) return this.write(Buffer.from(event, "latin1"), now);
    this.#sink.onToken(now);
    this.#writer.writeText(event);
  }

  finish(): void {
    // An event that never ended says nothing that can be used.
    const held = this.#restore?.end();
    if (held !== undefined) this.#writer.write(held);
    this.#writer.flush();
  }

  /** A chunk that is one event needs no scan. */
  #writeEvent(chunk: Buffer): void {
    const data = chunk.subarray(DATA_PREFIX, chunk.length - 2);
    if (this.#look(data) === STREAM_EVENT.token) this.#learn(chunk);
    if (this.#plain || this.#restore === undefined) return this.#writer.write(chunk);
    const given = this.#restore.event(chunk, data);
    if (given !== undefined) this.#writer.write(given);
  }

  #learn(chunk: Buffer): void {
    const text = chunk.toString("latin1");
    const content = textStart(text, "content");
    const start = content < 0 ? textStart(text, "text") : content;
    if (start >= 0) this.#usual.learn({ text, start, id: undefined, given: text });
  }

  #writeRestored(chunk: Buffer): void {
    const whole = this.#scanner.atBoundary;
    this.#out = [];
    this.#edited = false;
    this.#scanner.push(chunk, this.#listener);
    const [first] = this.#out;
    if (!this.#edited && whole && this.#scanner.atBoundary) this.#writer.write(chunk);
    else if (first !== undefined) this.#writer.write(this.#out.length === 1 ? first : Buffer.concat(this.#out));
  }

  #onEvent(raw: Buffer, data: Buffer): void {
    this.#look(data);
    if (this.#restore === undefined) return;
    const given = this.#restore.event(raw, data);
    if (given !== raw) this.#edited = true;
    if (given !== undefined) this.#out.push(given);
  }

  /** Its flags. */
  #look(data: Buffer): number {
    const flags = streamEventFlags(data);
    if ((flags & STREAM_EVENT.token) !== 0) this.#sink.onToken(this.#now);
    if ((flags & ~STREAM_EVENT.token) === 0) return flags;
    this.#plain = false;
    if ((flags & STREAM_EVENT.done) !== 0) this.#sawDone = true;
    if ((flags & STREAM_EVENT.usage) !== 0 && this.#restore === undefined)
      this.#usage = readTokenUsage(data) ?? this.#usage;
    if ((flags & STREAM_EVENT.finished) !== 0) this.finishReason = finishReasonOf(data) ?? this.finishReason;
    if ((flags & STREAM_EVENT.error) === 0) return flags;
    this.#sawError = true;
    this.overloadedInBand = inBandFault(data) === "overloaded";
    return flags;
  }
}
