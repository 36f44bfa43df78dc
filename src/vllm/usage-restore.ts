// Gives the client of a stream the bytes vLLM would have sent had the gateway not asked for usage on its behalf.
import { STREAM_EVENT, streamEventFlags } from "./stream-event.ts";
import { readTokenUsage, type TokenUsage } from "./token-usage.ts";

/**
 * For chat/completions and completions streams whose `stream_options.include_usage` the gateway put in. vLLM then sends one
 * more event, `choices:[]` with usage and system_fingerprint, where without it every event with a finish_reason carries
 * the fingerprint. Feed it every event; relay what it returns.
 */
export interface UsageRestore {
  /** `flags`: `streamEventFlags(data)` when known. Bytes for the client now: the very `raw` when nothing changes, undefined when there are none. */
  event(raw: Buffer, data: Buffer, flags?: number): Buffer | undefined;
  /** What is still held when the stream ends or breaks. */
  end(): Buffer | undefined;
  readonly usage: TokenUsage | undefined;
  /** JSON text of the fingerprint that the usage event brought; keep it per worker and give it to the next stream. */
  readonly fingerprint: string | undefined;
}

export interface UsageRestoreOptions {
  /** JSON text (`"vllm-0.32.0-ded1d6b0"`) that this worker is known to send, or `null` when it sends none: then nothing is held. */
  readonly fingerprint?: string | null | undefined;
  /** What may be held while the fingerprint is unknown; beyond it events go out without one. Default 1 MiB. */
  readonly maxHeldBytes?: number;
}

const MAX_HELD_BYTES = 1024 * 1024;

interface Held {
  readonly raw: Buffer;
  readonly finished: boolean;
}

export function usageRestore(options: UsageRestoreOptions = {}): UsageRestore {
  return new StreamUsageRestore(options);
}

/** One a stream, so it is an object without closures; most hold nothing. */
class StreamUsageRestore implements UsageRestore {
  usage: TokenUsage | undefined = undefined;
  fingerprint: string | undefined = undefined;
  readonly #known: string | null | undefined;
  readonly #maxHeldBytes: number;
  #held: Held[] | undefined = undefined;
  #heldBytes = 0;
  /** A worker with --enable-force-include-usage sends usage to everyone, on every event. */
  #forced = false;

  constructor(options: UsageRestoreOptions) {
    this.#known = options.fingerprint;
    this.#maxHeldBytes = options.maxHeldBytes ?? MAX_HELD_BYTES;
  }

  event(raw: Buffer, data: Buffer, flags = streamEventFlags(data)): Buffer | undefined {
    if ((flags & STREAM_EVENT.usage) !== 0) {
      this.usage = readTokenUsage(data) ?? this.usage;
      if (!isUsageOnly(data)) this.#forced = true;
      else if (!this.#forced) return this.#usageEvent(data);
    }
    if (this.#forced) return this.#released(raw);
    const finished = (flags & STREAM_EVENT.finished) !== 0;
    const known = this.#known;
    if (known !== undefined) return finished && known !== null ? withFingerprint(raw, known) : raw;
    if (flags & (STREAM_EVENT.done | STREAM_EVENT.error)) return this.#released(raw);
    if (!finished && this.#held === undefined) return raw;
    return this.#hold(raw, finished);
  }

  end(): Buffer | undefined {
    return this.#flush(undefined);
  }

  #hold(raw: Buffer, finished: boolean): Buffer | undefined {
    this.#held ??= [];
    this.#held.push({ raw, finished });
    this.#heldBytes += raw.length;
    return this.#heldBytes > this.#maxHeldBytes ? this.#flush(undefined) : undefined;
  }

  #usageEvent(data: Buffer): Buffer | undefined {
    this.fingerprint = fingerprintOf(data);
    return this.#flush(this.fingerprint);
  }

  #released(raw: Buffer): Buffer {
    const before = this.#flush(undefined);
    return before === undefined ? raw : Buffer.concat([before, raw]);
  }

  #flush(text: string | undefined): Buffer | undefined {
    const held = this.#held;
    if (held === undefined) return undefined;
    this.#held = undefined;
    this.#heldBytes = 0;
    const parts = held.map((one) => (one.finished && text !== undefined ? withFingerprint(one.raw, text) : one.raw));
    return parts.length === 1 ? parts[0] : Buffer.concat(parts);
  }
}

/** JSON text of `system_fingerprint` in a body or event; undefined when there is none. */
export function fingerprintOf(data: Buffer): string | undefined {
  return /"system_fingerprint":\s*("(?:[^"\\]|\\.)*")/.exec(data.toString())?.[1];
}

/** `"choices":[]`: only the usage event has an empty list. */
function isUsageOnly(data: Buffer): boolean {
  return /"choices":\s*\[\s*\]/.test(data.toString("latin1"));
}

/** The fingerprint is the last member of a finishing event, before its closing brace; one that is there already stays. */
function withFingerprint(raw: Buffer, fingerprint: string): Buffer {
  const brace = raw.lastIndexOf(125);
  if (brace < 0 || raw.includes('"system_fingerprint":')) return raw;
  return Buffer.concat([
    raw.subarray(0, brace),
    Buffer.from(`,"system_fingerprint":${fingerprint}`),
    raw.subarray(brace),
  ]);
}
