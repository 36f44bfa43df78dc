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

interface Held {
  readonly raw: Buffer;
  readonly finished: boolean;
}

export function usageRestore(options: UsageRestoreOptions = {}): UsageRestore {
  const known = options.fingerprint;
  const maxHeldBytes = options.maxHeldBytes ?? 1024 * 1024;
  let held: Held[] = [];
  let heldBytes = 0;
  let usage: TokenUsage | undefined;
  let fingerprint: string | undefined;
  /** A worker with --enable-force-include-usage sends usage to everyone, on every event. */
  let forced = false;

  function event(raw: Buffer, data: Buffer, flags = streamEventFlags(data)): Buffer | undefined {
    if ((flags & STREAM_EVENT.usage) !== 0) {
      usage = readTokenUsage(data) ?? usage;
      if (!isUsageOnly(data)) forced = true;
      else if (!forced) return usageEvent(data);
    }
    if (forced) return released(raw);
    const finished = (flags & STREAM_EVENT.finished) !== 0;
    if (known !== undefined) return finished && known !== null ? withFingerprint(raw, known) : raw;
    if (flags & (STREAM_EVENT.done | STREAM_EVENT.error)) return released(raw);
    if (!finished && held.length === 0) return raw;
    return hold(raw, finished);
  }

  function hold(raw: Buffer, finished: boolean): Buffer | undefined {
    held.push({ raw, finished });
    heldBytes += raw.length;
    return heldBytes > maxHeldBytes ? flush(undefined) : undefined;
  }

  function usageEvent(data: Buffer): Buffer | undefined {
    fingerprint = fingerprintOf(data);
    return flush(fingerprint);
  }

  function released(raw: Buffer): Buffer {
    const before = flush(undefined);
    return before === undefined ? raw : Buffer.concat([before, raw]);
  }

  function flush(text: string | undefined): Buffer | undefined {
    if (held.length === 0) return undefined;
    const parts = held.map((one) => (one.finished && text !== undefined ? withFingerprint(one.raw, text) : one.raw));
    held = [];
    heldBytes = 0;
    return parts.length === 1 ? parts[0] : Buffer.concat(parts);
  }

  return {
    event,
    end: () => flush(undefined),
    get usage() {
      return usage;
    },
    get fingerprint() {
      return fingerprint;
    },
  };
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
