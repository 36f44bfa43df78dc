// What copies have cost this UTC day, against the caps. Pure but for its sums.
import type { MirrorSettings } from "./settings.ts";

export interface Spent {
  readonly bytes: number;
  readonly tokens: number;
  readonly cost: number;
  readonly day: string;
}

export interface Spend {
  /** The cap that the next copy would pass, if any. */
  over(
    next: { readonly bytes: number; readonly tokens: number },
    epoch: number,
  ): "bytes" | "tokens" | "spend" | undefined;
  add(what: { readonly bytes: number; readonly tokens: number }, epoch: number): void;
  spent(epoch: number): Spent;
}

type Caps = Pick<MirrorSettings, "maxBytesPerDay" | "maxTokensPerDay" | "maxCostPerDay" | "costPerMillionTokens">;

/** `before`: spent by the process before this one. */
export function spend(caps: Caps, before?: Spent): Spend {
  let { day, bytes, tokens } = before ?? { day: "", bytes: 0, tokens: 0 };
  const cost = (count: number) => (count * caps.costPerMillionTokens) / 1e6;

  function turn(epoch: number): void {
    const today = new Date(epoch).toISOString().slice(0, 10);
    if (today === day) return;
    day = today;
    bytes = 0;
    tokens = 0;
  }

  return {
    over(next, epoch) {
      turn(epoch);
      if (bytes + next.bytes > (caps.maxBytesPerDay ?? Infinity)) return "bytes";
      if (tokens + next.tokens > (caps.maxTokensPerDay ?? Infinity)) return "tokens";
      return cost(tokens + next.tokens) > (caps.maxCostPerDay ?? Infinity) ? "spend" : undefined;
    },
    add(what, epoch) {
      turn(epoch);
      bytes += what.bytes;
      tokens += what.tokens;
    },
    spent(epoch) {
      turn(epoch);
      return { bytes, tokens, cost: cost(tokens), day };
    },
  };
}
