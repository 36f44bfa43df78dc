// Many decode steps at once: until a sequence ends, time is up, or anything but decoding has to be done.
import type { OpenStep, OfflineCore, StepSink } from "../engine-core.ts";
import type { BlockManager } from "./block-manager.ts";
import type { CheckedOptions } from "./core-options.ts";
import type { KvTransfer } from "./kv-transfer.ts";
import type { Scheduler } from "./scheduler.ts";
import type { SequenceState } from "./sequence-state.ts";

interface Parts {
  readonly options: CheckedOptions;
  readonly blocks: BlockManager;
  readonly schedule: Scheduler;
  readonly transfer: Pick<KvTransfer, "nextLoadAt">;
}

export interface DecodeRuns {
  readonly run: OfflineCore["runDecodes"];
  /** A step of a run is open. */
  readonly isOpen: boolean;
  readonly leastMs: OfflineCore["decodesForMs"];
  /** Ends it; the sequences themselves hear of it when the run is left. */
  complete(sink: StepSink, nowMs: number): void;
  /** Brings the sequences up to date and hands an open step over: whoever looks at them calls it before. */
  leave(): { readonly planned: readonly SequenceState[]; readonly durationMs: number } | undefined;
}

export function decodeRuns({ options, blocks, schedule, transfer }: Parts): DecodeRuns {
  const { blockSize, cost, noise } = options;
  /** Sequences by how far into a block they are. */
  const phases = Array.from({ length: blockSize }, (): SequenceState[] => []);
  const load = { tokens: 0, decodeSequences: 0, decodeContext: 0, prefillPairs: 0 };
  /** Of the run: steps that it may have, and that have ended; time of the open one. */
  let most = 0;
  let done = 0;
  let openMs: number | undefined;
  let isRunning = false;

  /** Steps that could follow before a sequence ends; 0 when one does anything but decode. */
  function possibleSteps(): number {
    if (canAdmit()) return 0;
    let steps = Number.MAX_SAFE_INTEGER;
    let needed = 0;
    for (const { tokens, computed, generated, promptTokens, request } of schedule.running) {
      if (generated === 0 || computed !== tokens - 1 || computed < promptTokens) return 0;
      if (request.content === undefined) return 0;
      steps = Math.min(steps, request.maxTokens - generated - 1);
      needed++;
    }
    return needed === 0 ? 0 : Math.min(steps, affordable(needed));
  }

  /** Each sequence takes a block every `blockSize` steps, the first perhaps at once. */
  function affordable(sequences: number): number {
    return Math.max(0, Math.floor(blocks.free / sequences) - 1) * blockSize;
  }

  function sortIntoPhases(): void {
    for (const list of phases) list.length = 0;
    load.decodeContext = 0;
    for (const sequence of schedule.running) {
      phases[sequence.computed % blockSize]?.push(sequence);
      load.decodeContext += sequence.computed + 1;
    }
    load.tokens = schedule.running.length;
    load.decodeSequences = schedule.running.length;
  }

  /** The next step of the run begins: sequences at the start of a block take one, those at its end make it known. */
  function extendAll(): void {
    const starting = phases[(blockSize - (done % blockSize)) % blockSize] ?? [];
    for (const sequence of starting) extendOne(sequence);
    if (blockSize === 1) return;
    const ending = phases[blockSize - 1 - (done % blockSize)] ?? [];
    for (const sequence of ending) extendOne(sequence);
  }

  function extendOne(sequence: SequenceState): void {
    sequence.computed += done;
    blocks.extend(sequence, 1);
    sequence.computed -= done;
  }

  function canAdmit(): boolean {
    const { running, waiting, ready } = schedule;
    return waiting.length + ready.length > 0 && running.length < options.maxSequences;
  }

  function begin(startMs: number): boolean {
    most = possibleSteps();
    if (most === 0 || transfer.nextLoadAt <= startMs) return false;
    sortIntoPhases();
    done = 0;
    isRunning = true;
    return true;
  }

  function run(startMs: number, untilMs: number, sink: StepSink): OpenStep | undefined {
    if (!isRunning && !begin(startMs)) return undefined;
    const sequences = load.tokens;
    let startedAt = startMs;
    // The step that ends a sequence, or that may take one up, is left to the scheduler. While this loop runs nothing comes to wait.
    const last = canAdmit() ? done : most;
    while (done < last && transfer.nextLoadAt > startedAt) {
      extendAll();
      const durationMs = cost.stepMs(load) * noise();
      load.decodeContext += sequences;
      if (startedAt + durationMs > untilMs) {
        openMs = durationMs;
        return { startedAt, durationMs };
      }
      done++;
      startedAt += durationMs;
      sink.stepped(durationMs, sequences, startedAt);
    }
    leave();
    return { startedAt, durationMs: undefined };
  }

  function leave(): ReturnType<DecodeRuns["leave"]> {
    if (!isRunning) return undefined;
    isRunning = false;
    const durationMs = openMs;
    openMs = undefined;
    for (const sequence of schedule.running) {
      sequence.computed += done;
      sequence.counted += done;
      if (durationMs !== undefined) sequence.scheduled = 1;
    }
    return durationMs === undefined ? undefined : { planned: [...schedule.running], durationMs };
  }

  return {
    run,
    leave,
    get isOpen() {
      return openMs !== undefined;
    },
    // Steps only get longer with the context.
    leastMs: () => (openMs === undefined || most <= done + 1 || canAdmit() ? 0 : (most - done - 1) * cost.stepMs(load)),
    complete(sink, nowMs) {
      const durationMs = openMs ?? 0;
      openMs = undefined;
      done++;
      sink.stepped(durationMs, load.tokens, nowMs);
    },
  };
}
