// Decides what a step computes, as vLLM V1 does: running sequences first, then waiting ones while budget, slots and blocks last.
import type { BlockManager } from "./block-manager.ts";
import type { SequenceState } from "./sequence-state.ts";
import { runsBefore, type SchedulingPolicy, type WaitingQueue, waitingQueue } from "./waiting-queue.ts";

export interface SchedulerOptions {
  readonly maxSequences: number;
  readonly maxBatchedTokens: number;
  readonly policy: SchedulingPolicy;
  /** Without it a prompt waits until it fits the budget of one step. */
  readonly chunkedPrefill: boolean;
  /** Admits a prompt only when blocks for all of it are free (vLLM's scheduler_reserve_full_isl). */
  readonly reserveFullPrompt: boolean;
  /** Longest chunk of one prefill per step; 0 is no limit. */
  readonly longPrefillThreshold: number;
  /** Distinct adapters in one step; Infinity where it does not matter. */
  readonly maxLoras: number;
}

export interface Scheduler {
  /** In scheduling order. */
  readonly running: readonly SequenceState[];
  readonly waiting: WaitingQueue;
  /** Prompts that came from another engine, in blocks; they run before all that wait. */
  readonly ready: SequenceState[];
  readonly preemptions: number;
  /** Of those that wait: passed over by the last step, since enough other adapters ran in it. */
  readonly deferred: number;
  /** Chooses the sequences of a step and sets their `scheduled`; blocks are allocated. */
  plan(): readonly SequenceState[];
  /** Takes a sequence out that does not run. */
  dequeue(sequence: SequenceState): void;
  /** Takes ended sequences out of `running`. */
  sweep(): void;
}

export interface SchedulerHooks {
  /** A sequence is scheduled for the first time; its `cachedTokens` is set. */
  admitted(sequence: SequenceState): void;
  /** A sequence lost its blocks and waits again. */
  preempted(sequence: SequenceState): void;
  /** A sequence whose prompt is to come from another engine: starts that; false when blocks are short. */
  load(sequence: SequenceState): boolean;
}

export function scheduler(blocks: BlockManager, options: SchedulerOptions, hooks: SchedulerHooks): Scheduler {
  const running: SequenceState[] = [];
  const waiting = waitingQueue(options.policy);
  const ready: SequenceState[] = [];
  const chosen: SequenceState[] = [];
  const longest = options.longPrefillThreshold > 0 ? options.longPrefillThreshold : Infinity;
  /** Of the step that is planned. */
  const adapters = new Set<string>();
  let budget = 0;
  let preemptions = 0;
  let deferred = 0;

  function schedule(sequence: SequenceState, tokens: number): void {
    const { lora } = sequence.request;
    if (lora !== undefined) adapters.add(lora);
    sequence.scheduled = tokens;
    budget -= tokens;
    chosen.push(sequence);
  }

  /** Frees blocks by recompute: the last running sequence, or the one of least priority. */
  function preempt(): SequenceState | undefined {
    const victim = options.policy === "fcfs" ? running.at(-1) : leastUrgent();
    if (!victim) return undefined;
    running.splice(running.lastIndexOf(victim), 1);
    if (victim.scheduled > 0) withdraw(victim);
    blocks.release(victim);
    victim.phase = "waiting";
    waiting.putBack(victim);
    preemptions++;
    hooks.preempted(victim);
    return victim;
  }

  /** The victim was already in this step: its tokens return to the budget. */
  function withdraw(victim: SequenceState): void {
    budget += victim.scheduled;
    victim.scheduled = 0;
    chosen.splice(chosen.indexOf(victim), 1);
  }

  function leastUrgent(): SequenceState | undefined {
    let worst = running[0];
    for (const one of running) if (worst && runsBefore(worst, one)) worst = one;
    return worst;
  }

  /** True when nothing had to be preempted. */
  function scheduleRunning(): boolean {
    const before = preemptions;
    for (let i = 0; i < running.length && budget > 0; i++) {
      const sequence = running[i];
      if (!sequence) break;
      const tokens = Math.min(sequence.tokens - sequence.computed, budget, longest);
      if (!extendOrPreempt(sequence, tokens)) break;
      schedule(sequence, tokens);
      // A victim before it in the list moved it to the left.
      if (preemptions > before) i = running.indexOf(sequence);
    }
    return preemptions === before;
  }

  function extendOrPreempt(sequence: SequenceState, tokens: number): boolean {
    while (!blocks.extend(sequence, tokens)) {
      const victim = preempt();
      if (victim === undefined || victim === sequence) return false;
    }
    return true;
  }

  /** A batch has room for so many adapters; who needs one more is passed over and keeps its place. */
  function hasAdapterRoom({ request: { lora } }: SequenceState): boolean {
    return lora === undefined || adapters.has(lora) || adapters.size < options.maxLoras;
  }

  function hasPlace(): boolean {
    return budget > 0 && running.length < options.maxSequences;
  }

  function admitReady(): void {
    let skipped = 0;
    while (skipped < ready.length && hasPlace()) {
      const sequence = ready[skipped];
      if (sequence === undefined) return;
      if (hasAdapterRoom(sequence)) runReady(ready.splice(skipped, 1));
      else skipped++;
    }
    deferred += skipped;
  }

  function admitWaiting(): void {
    admitReady();
    let skipped = 0;
    while (hasPlace()) {
      const sequence = waiting.first(skipped);
      if (!sequence || blocks.free === 0) return;
      if (!hasAdapterRoom(sequence)) {
        skipped++;
        deferred++;
        continue;
      }
      if (sequence.transfer === "wanted") {
        if (!hooks.load(sequence)) return;
        if (isLoading(sequence)) waiting.shift(skipped);
        continue;
      }
      const cached = blocks.lookup(sequence);
      const left = Math.min(sequence.tokens - cached, longest);
      if (!options.chunkedPrefill && left > budget) return;
      const tokens = Math.min(left, budget);
      if (!blocks.admit(sequence, tokens, options.reserveFullPrompt ? sequence.tokens : 0)) return;
      waiting.shift(skipped);
      sequence.phase = "running";
      running.push(sequence);
      if (sequence.cachedTokens < 0) {
        sequence.cachedTokens = cached;
        sequence.localTokens = cached;
        hooks.admitted(sequence);
      }
      schedule(sequence, tokens);
    }
  }

  /** Its blocks are there already, and all but its last token is computed. */
  function runReady([sequence]: readonly SequenceState[]): void {
    if (sequence === undefined) return;
    const tokens = sequence.tokens - sequence.computed;
    sequence.transfer = "none";
    sequence.phase = "running";
    running.push(sequence);
    blocks.extend(sequence, tokens);
    sequence.cachedTokens = sequence.computed;
    hooks.admitted(sequence);
    schedule(sequence, tokens);
  }

  return {
    running,
    waiting,
    ready,
    dequeue(sequence) {
      const at = ready.indexOf(sequence);
      if (at >= 0) ready.splice(at, 1);
      else waiting.remove(sequence);
    },
    get preemptions() {
      return preemptions;
    },
    get deferred() {
      return deferred;
    },
    plan() {
      chosen.length = 0;
      adapters.clear();
      deferred = 0;
      budget = options.maxBatchedTokens;
      if (scheduleRunning()) admitWaiting();
      return chosen;
    },
    sweep() {
      let kept = 0;
      for (const sequence of running) if (sequence.phase === "running") running[kept++] = sequence;
      running.length = kept;
    },
  };
}

function isLoading({ transfer }: SequenceState): boolean {
  return transfer === "loading";
}
