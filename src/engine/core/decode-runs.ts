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

/** Hears of the step that stays open. */
type Opened = (planned: readonly SequenceState[], durationMs: number) => void;

export function decodeRuns({ options, blocks, schedule, transfer }: Parts, opened: Opened): OfflineCore["runDecodes"] {
  const { blockSize, cost, noise } = options;
  /** Sequences by how far into a block they are. */
  const phases = Array.from({ length: blockSize }, (): SequenceState[] => []);
  const load = { tokens: 0, decodeSequences: 0, decodeContext: 0, prefillPairs: 0 };

  /** Steps that could follow before a sequence ends; 0 when one does anything but decode. */
  function possibleSteps(): number {
    const { running, waiting, ready } = schedule;
    if (waiting.length + ready.length > 0 && running.length < options.maxSequences) return 0;
    let steps = Number.MAX_SAFE_INTEGER;
    let needed = 0;
    for (const { tokens, computed, generated, promptTokens, request } of running) {
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

  /** Step number `done` of the run begins: those at the start of a block take one, those at its end make it known. */
  function extendAll(done: number): void {
    const starting = phases[(blockSize - (done % blockSize)) % blockSize] ?? [];
    for (const sequence of starting) extendOne(sequence, done);
    if (blockSize === 1) return;
    const ending = phases[blockSize - 1 - (done % blockSize)] ?? [];
    for (const sequence of ending) extendOne(sequence, done);
  }

  function extendOne(sequence: SequenceState, done: number): void {
    sequence.computed += done;
    blocks.extend(sequence, 1);
    sequence.computed -= done;
  }

  return (startMs, untilMs, sink: StepSink): OpenStep | undefined => {
    const most = possibleSteps();
    const loadAt = transfer.nextLoadAt;
    if (most === 0 || loadAt <= startMs) return undefined;
    sortIntoPhases();
    const sequences = load.tokens;
    let startedAt = startMs;
    for (let done = 0; ; done++) {
      // The step that ends a sequence, or that may take one up, is left to the scheduler.
      if (done === most || loadAt <= startedAt) return leave(done, startedAt);
      extendAll(done);
      const durationMs = cost.stepMs(load) * noise();
      load.decodeContext += sequences;
      if (startedAt + durationMs > untilMs) return leaveOpen(done, startedAt, durationMs);
      startedAt += durationMs;
      sink.stepped(durationMs, sequences, startedAt);
    }
  };

  function leave(done: number, startedAt: number): OpenStep {
    for (const sequence of schedule.running) {
      sequence.computed += done;
      sequence.counted += done;
    }
    return { startedAt, durationMs: undefined };
  }

  function leaveOpen(done: number, startedAt: number, durationMs: number): OpenStep {
    leave(done, startedAt);
    for (const sequence of schedule.running) sequence.scheduled = 1;
    opened([...schedule.running], durationMs);
    return { startedAt, durationMs };
  }
}
