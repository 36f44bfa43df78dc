// A relay before which the arm's model name becomes the client's.
import type { Relay } from "../relay.ts";
import { RelayBefore } from "../relay-before.ts";
import { type ModelRename, modelRename } from "./model-rename.ts";

export class RenamingRelay extends RelayBefore {
  readonly #rename: ModelRename;
  #now = 0;

  constructor(relay: Relay, names: { readonly from: string; readonly to: string }) {
    super(relay);
    this.#rename = modelRename(names.from, names.to);
  }

  write(chunk: Buffer, now: number): void {
    this.#now = now;
    const out = this.#rename.push(chunk);
    if (out.length > 0) this.inner.write(out, now);
  }

  finish(): void {
    const rest = this.#rename.end();
    if (rest.length > 0) this.inner.write(rest, this.#now);
    this.inner.finish();
  }
}
