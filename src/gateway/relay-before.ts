// A relay that stands before another one: what is said of the answer is the inner one's.
import type { TokenUsage } from "../vllm/index.ts";
import type { Relay } from "./relay.ts";

/** A class for the reason that stands at `ClientWriter`. */
export abstract class RelayBefore implements Relay {
  protected readonly inner: Relay;

  constructor(inner: Relay) {
    this.inner = inner;
  }

  get usage(): TokenUsage | undefined {
    return this.inner.usage;
  }

  get finishReason(): string | undefined {
    return this.inner.finishReason;
  }

  get failedInBand(): boolean {
    return this.inner.failedInBand;
  }

  get overloadedInBand(): boolean {
    return this.inner.overloadedInBand;
  }

  get unfinished(): boolean {
    return this.inner.unfinished === true;
  }

  get atBoundary(): boolean {
    return this.inner.atBoundary;
  }

  get fingerprint(): string | null | undefined {
    return this.inner.fingerprint;
  }

  abstract write(chunk: Buffer, now: number): void;
  abstract finish(): void;
}
