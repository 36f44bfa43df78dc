// KV blocks on their way between engines: kept under a lease until another engine has pulled them, or awaited from one.
import type { EngineCore } from "../engine-core.ts";
import type { BlockManager } from "./block-manager.ts";
import type { CheckedOptions } from "./core-options.ts";
import type { Scheduler } from "./scheduler.ts";
import type { SequenceState } from "./sequence-state.ts";

/** As vLLM's kv_role. Without one an engine ignores what a request says of transfers. */
export type KvRole = "kv_producer" | "kv_consumer" | "kv_both";

/** What a failed load ends in: the prompt is computed here, or the request fails. vLLM's kv_load_failure_policy. */
export type LoadFailurePolicy = "recompute" | "fail";

/** Counters only grow, but for `held` and `loading`. */
export interface TransferStats {
  /** Ended requests whose blocks are kept. */
  readonly held: number;
  /** Leases that ran out unpulled. */
  readonly expired: number;
  /** Requests that wait for blocks from another engine. */
  readonly loading: number;
  /** Tokens whose KV came from another engine. */
  readonly loadedTokens: number;
  readonly failedLoads: number;
}

/** What drivers of the core see of transfers. */
export type TransferFace = Pick<
  EngineCore,
  "holds" | "heldBlocks" | "releaseHeld" | "renewHeld" | "wakeAt" | "takeFailed" | "transfers"
>;

export interface KvTransfer extends TransferFace {
  /** True when the request's blocks have to stay after its last token. */
  keeps(sequence: SequenceState): boolean;
  /** Keeps the blocks of an ended sequence. */
  hold(sequence: SequenceState, nowMs: number): void;
  /** Allocates for a sequence whose prompt comes from another engine, and starts the pull; false when blocks are short. */
  load(sequence: SequenceState): boolean;
  /** Lets go of expired leases; what has come is ready for the scheduler. */
  tend(nowMs: number): void;
  /** An aborted request that was loading is loading no more. */
  forget(sequence: SequenceState): void;
  /** When a load is over next. */
  readonly nextLoadAt: number;
}

export interface KvTransferOptions {
  readonly options: Pick<CheckedOptions, "blockSize" | "kvRole" | "loadFailure">;
  readonly blocks: BlockManager;
  /** Where what has come goes. */
  readonly scheduler: () => Pick<Scheduler, "ready" | "waiting">;
  /** A load failed, and the policy is to fail the request. */
  readonly failed: (sequence: SequenceState) => void;
}

interface Held {
  readonly sequence: SequenceState;
  expiresAt: number;
}

interface Load {
  readonly sequence: SequenceState;
  readonly tokens: number;
  readonly readyAt: number;
}

export function kvTransfer({ options, blocks, scheduler, failed }: KvTransferOptions): KvTransfer {
  const { blockSize, kvRole: role, loadFailure } = options;
  const held = new Map<string, Held>();
  /** By time. */
  const loads: Load[] = [];
  const lost: string[] = [];
  let now = 0;
  let expired = 0;
  let loadedTokens = 0;
  let failedLoads = 0;

  function release(id: string): boolean {
    const one = held.get(id);
    if (one === undefined) return false;
    held.delete(id);
    blocks.release(one.sequence);
    return true;
  }

  function expire(): void {
    for (const [id, { expiresAt }] of held) {
      if (expiresAt > now) continue;
      release(id);
      expired++;
    }
  }

  function finish({ sequence, tokens }: Load): void {
    if (sequence.request.remote?.arrived() === true) {
      sequence.transfer = "loaded";
      // The last prompt token is always computed, for it makes the first output token.
      sequence.computed = sequence.tokens - 1;
      sequence.remoteTokens = sequence.tokens - sequence.localTokens;
      loadedTokens += tokens;
      scheduler().ready.push(sequence);
      return;
    }
    failedLoads++;
    sequence.transfer = "none";
    blocks.release(sequence);
    if (loadFailure === "recompute") return scheduler().waiting.putBack(sequence);
    lost.push(sequence.request.id);
    failed(sequence);
  }

  return {
    keeps: ({ request }) => request.leaseMs !== undefined && (role === "kv_producer" || role === "kv_both"),
    hold(sequence, nowMs) {
      held.set(sequence.request.id, { sequence, expiresAt: nowMs + (sequence.request.leaseMs ?? 0) });
    },
    holds: (id) => held.has(id),
    heldBlocks(id) {
      const sequence = held.get(id)?.sequence;
      return sequence === undefined ? [] : [...sequence.blocks.subarray(0, blocks.blocksFor(sequence.promptTokens))];
    },
    releaseHeld: release,
    renewHeld(id, expiresAt) {
      const one = held.get(id);
      if (one) one.expiresAt = expiresAt;
      return one !== undefined;
    },
    load(sequence) {
      const { remote } = sequence.request;
      if (remote === undefined || role === "kv_producer" || role === "none") {
        sequence.transfer = "none";
        return true;
      }
      const cached = blocks.lookup(sequence);
      if (!blocks.reserve(sequence, sequence.tokens)) return false;
      sequence.localTokens = cached;
      sequence.transfer = "loading";
      // Whole blocks travel; those that the prefix cache has already do not.
      const tokens = blockSize * blocks.blocksFor(remote.tokens) - cached;
      const readyAt = now + remote.pull(tokens, now);
      const at = loads.findIndex((one) => one.readyAt > readyAt);
      loads.splice(at < 0 ? loads.length : at, 0, { sequence, tokens, readyAt });
      return true;
    },
    tend(nowMs) {
      now = nowMs;
      if (held.size > 0) expire();
      let ready = 0;
      while ((loads[ready]?.readyAt ?? Number.POSITIVE_INFINITY) <= nowMs) ready++;
      for (const load of loads.splice(0, ready)) finish(load);
    },
    forget(sequence) {
      const at = loads.findIndex((one) => one.sequence === sequence);
      if (at >= 0) loads.splice(at, 1);
    },
    get nextLoadAt() {
      return loads[0]?.readyAt ?? Number.POSITIVE_INFINITY;
    },
    wakeAt() {
      let next = loads[0]?.readyAt ?? Number.POSITIVE_INFINITY;
      if (scheduler().waiting.length === 0) return next;
      for (const { expiresAt } of held.values()) next = Math.min(next, expiresAt);
      return next;
    },
    takeFailed: () => lost.splice(0),
    transfers: () => ({ held: held.size, expired, loading: loads.length, loadedTokens, failedLoads }),
  };
}
