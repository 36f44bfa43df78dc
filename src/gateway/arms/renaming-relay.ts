// A relay before which the arm's model name becomes the client's.
import type { TokenUsage } from "../../vllm/index.ts";
import type { Relay } from "../relay.ts";
import { type ModelRename, modelRename } from "./model-rename.ts";

export class RenamingRelay implements Relay {
  readonly #relay: Relay;
  readonly #rename: ModelRename;
  #now = 0;

  constructor(relay: Relay, names: { readonly from: string; readonly to: string }) {
    this.#relay = relay;
    this.#rename = modelRename(names.from, names.to);
  }

  get usage(): TokenUsage | undefined {
    return this.#relay.usage;
  }

  get finishReason(): string | undefined {
    return this.#relay.finishReason;
  }

  get failedInBand(): boolean {
    return this.#relay.failedInBand;
  }

  get atBoundary(): boolean {
    return this.#relay.atBoundary;
  }

  get fingerprint(): string | null | undefined {
    return this.#relay.fingerprint;
  }

  write(chunk: Buffer, now: number): void {
    this.#now = now;
    const out = this.#rename.push(chunk);
    if (out.length > 0) this.#relay.write(out, now);
  }

  finish(): void {
    const rest = this.#rename.end();
    if (rest.length > 0) this.#relay.write(rest, this.#now);
    this.#relay.finish();
  }
}
