// Tells the index what a worker will hold: of a long prompt in several turns of the event loop.
import type { BlockHashes } from "../tokens/index.ts";
import type { GatewayOptions } from "./options.ts";
import { unfailing } from "./unfailing.ts";

export interface Predicted {
  readonly worker: string;
  readonly hashes: BlockHashes;
}

/** 131,072 tokens in blocks of 16: some 6 ms of work. What a longer prompt leaves in the cache, KV events tell. */
const MAX_BLOCKS = 8192;
/** Some 1 ms. */
const TURN_BLOCKS = 1024;

/** The end of a prompt first: what is believed first is what is first forgotten. */
export function predictBlocks(
  { index, fleet, log, clock }: Pick<GatewayOptions, "index" | "fleet" | "log" | "clock">,
  { worker, hashes }: Predicted,
): void {
  const predict = (count: number): void => {
    const from = count <= TURN_BLOCKS ? 0 : count - TURN_BLOCKS;
    // The same object where it is whole: of that the index still knows the blocks.
    const part = from === 0 && count === hashes.count ? hashes : { ...hashes, count, from };
    unfailing(log, "index", () => index.predict(worker, part, clock.now()));
    if (from === 0) return;
    setImmediate(() => {
      // The index has forgotten a worker that left.
      if (fleet.workers().some(({ id }) => id === worker)) predict(from);
    });
  };
  predict(Math.min(hashes.count, MAX_BLOCKS));
}
