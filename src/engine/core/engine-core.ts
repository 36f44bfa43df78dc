// The simulated engine without time and sockets: requests in, steps out.
import { SwitchgearError } from "../../core/index.ts";
import type { EngineStats, OfflineCore, StepPlan, StepSink } from "../engine-core.ts";
import type { EngineRequest, FinishReason, TokenOutput } from "../sequence.ts";
import { type BlockManager, blockManager } from "./block-manager.ts";
import { type CheckedOptions, checkedOptions, type EngineCoreOptions } from "./core-options.ts";
import { decodeRuns } from "./decode-runs.ts";
import { kvTransfer, type TransferFace } from "./kv-transfer.ts";
import { runManager } from "./run-manager.ts";
import { scheduler } from "./scheduler.ts";
import { SequenceState } from "./sequence-state.ts";
import { stepLoad } from "./step-load.ts";

const NO_OUTPUT: readonly TokenOutput[] = [];
const NOTHING_HELD = { count: 0, pairs: new Int32Array(0) };

export function engineCore(given: EngineCoreOptions): OfflineCore {
  const options = checkedOptions(given);
  const runs = options.runs ? runManager(options) : undefined;
  const blocks = runs ?? blockManager(options);
  const live = new Map<string, SequenceState>();
  let arrivals = 0;
  let [prefixQueries, prefixHits] = [0, 0];
  /** The sequences of the open step. */
  let open: readonly SequenceState[] | undefined;
  let openMs = 0;
  /** Of the step that is being planned. */
  let news: { admitted?: string[]; preempted?: string[] } = {};

  const transfer = kvTransfer({ options, blocks, scheduler: () => schedule, failed: forget });

  const schedule = scheduler(blocks, options, {
    load: (sequence) => transfer.load(sequence),
    admitted(sequence) {
      (news.admitted ??= []).push(sequence.request.id);
      if (!options.prefixCaching) return;
      prefixQueries += sequence.tokens;
      prefixHits += sequence.localTokens;
    },
    preempted: (sequence) => void (news.preempted ??= []).push(sequence.request.id),
  });

  function add(request: EngineRequest): void {
    refuseImpossible(request, { options, blocks });
    if (live.has(request.id)) throw refused("SWG_REQUEST_DUPLICATE", request.id, "an id that no live request has");
    const sequence = new SequenceState(request, arrivals++, options.blockSize);
    live.set(request.id, sequence);
    schedule.waiting.push(sequence);
  }

  function end(sequence: SequenceState): void {
    if (sequence.transfer === "loading") transfer.forget(sequence);
    blocks.release(sequence);
    forget(sequence);
  }

  function forget(sequence: SequenceState): void {
    live.delete(sequence.request.id);
    sequence.phase = "ended";
  }

  function abort(id: string): boolean {
    const sequence = live.get(id);
    if (!sequence) return false;
    leaveRun();
    if (sequence.phase === "waiting") schedule.dequeue(sequence);
    const wasRunning = sequence.phase === "running";
    end(sequence);
    if (wasRunning) schedule.sweep();
    return true;
  }

  function planStep(nowMs: number): StepPlan | undefined {
    leaveRun();
    if (open) throw new SwitchgearError("SWG_INTERNAL", "A step was scheduled before the last one was completed.");
    news = {};
    transfer.tend(nowMs);
    const before = schedule.preemptions;
    let planned = schedule.plan();
    // Under the priority policy the first running sequence may preempt itself and leave an empty step.
    while (planned.length === 0 && schedule.preemptions > before && schedule.running.length > 0)
      planned = schedule.plan();
    if (planned.length === 0) return undefined;
    open = planned;
    const load = stepLoad(planned);
    openMs = options.cost.stepMs(load) * options.noise();
    return { durationMs: openMs, tokens: load.tokens, ...news };
  }

  /** Ends the open step; `made` hears of each sequence that got a token, and tells whether that was its last. */
  function closeStep(nowMs: number, made: (sequence: SequenceState) => boolean): void {
    let ended = false;
    for (const sequence of open ?? []) {
      const { scheduled } = sequence;
      sequence.scheduled = 0;
      if (sequence.phase === "ended") continue;
      sequence.computed += scheduled;
      if (sequence.computed < sequence.tokens || !made(sequence)) continue;
      if (transfer.keeps(sequence)) {
        transfer.hold(sequence, nowMs);
        forget(sequence);
      } else end(sequence);
      ended = true;
    }
    open = undefined;
    if (ended) schedule.sweep();
  }

  function complete(nowMs: number): readonly TokenOutput[] {
    leaveRun();
    if (!open) return NO_OUTPUT;
    const outputs: TokenOutput[] = [];
    closeStep(nowMs, (sequence) => {
      const output = sampleNext(sequence);
      outputs.push(output);
      return output.finish !== undefined;
    });
    return outputs;
  }

  function completeInto(sink: StepSink, nowMs: number): void {
    if (decodes.isOpen) return decodes.complete(sink, nowMs);
    let tokens = 0;
    closeStep(nowMs, (sequence) => {
      const { request, cachedTokens } = sequence;
      tokens++;
      const isLast = countNext(sequence);
      if (sequence.generated === 1) sink.firstToken(request, cachedTokens);
      if (isLast) sink.ended(request);
      return isLast;
    });
    sink.stepped(openMs, tokens, nowMs);
  }

  const decodes = decodeRuns({ options, blocks, schedule, transfer });

  /** From here on sequences are as if each step had been done by itself. */
  function leaveRun(): void {
    const left = decodes.leave();
    if (left === undefined) return;
    open = left.planned;
    openMs = left.durationMs;
  }

  return {
    add,
    abort,
    schedule: planStep,
    complete,
    completeInto,
    runDecodes: (startMs, untilMs, sink) => (open ? undefined : decodes.run(startMs, untilMs, sink)),
    decodesForMs: decodes.leastMs,
    ...transferFace(transfer),
    generated(id) {
      leaveRun();
      return live.get(id)?.generated ?? 0;
    },
    takeHeld: () => runs?.takeChanges() ?? NOTHING_HELD,
    takeEvents: () => blocks.takeEvents(),
    resetPrefixCache: () => blocks.reset(),
    stats: (): EngineStats => ({
      running: schedule.running.length,
      waiting: schedule.waiting.length + schedule.ready.length + transfer.transfers().loading,
      deferred:
        Math.min(schedule.deferred, schedule.waiting.length + schedule.ready.length) + transfer.transfers().loading,
      kvUsage: (blocks.total - blocks.free) / blocks.total,
      kvBlocks: options.kvBlocks,
      preemptions: schedule.preemptions,
      prefixQueries,
      prefixHits,
    }),
  };
}

function transferFace({
  holds,
  heldBlocks,
  releaseHeld,
  renewHeld,
  wakeAt,
  takeFailed,
  transfers,
}: TransferFace): TransferFace {
  return { holds, heldBlocks, releaseHeld, renewHeld, wakeAt, takeFailed, transfers };
}

function sampleNext(sequence: SequenceState): TokenOutput {
  const { request, output, cachedTokens } = sequence;
  const { token, finish: stop } = request.sample(output);
  output.push(token);
  const finish: FinishReason | undefined = stop ?? (sequence.generated >= request.maxTokens ? "length" : undefined);
  const { remoteTokens } = sequence;
  if (remoteTokens > 0) return { id: request.id, token, finish, cachedTokens, remoteTokens };
  return { id: request.id, token, finish, cachedTokens };
}

/** The same where the tokens themselves are of no interest; true at the last one. */
function countNext(sequence: SequenceState): boolean {
  const { request } = sequence;
  if (request.content === undefined) return sampleNext(sequence).finish !== undefined;
  sequence.counted++;
  return sequence.generated >= request.maxTokens;
}

/** A request that can never run would block the queue for ever. */
function refuseImpossible(request: EngineRequest, engine: { options: CheckedOptions; blocks: BlockManager }): void {
  const { options, blocks } = engine;
  const prompt = request.content?.tokens ?? request.promptIds.length;
  if (prompt === 0) throw refused("SWG_REQUEST_TOO_LARGE", 0, "a prompt of one token or more");
  if (!(request.maxTokens >= 1)) throw refused("SWG_REQUEST_TOO_LARGE", request.maxTokens, "maxTokens of 1 or more");
  // The last token is never computed.
  const longest = prompt + request.maxTokens - 1;
  const room = blocks.total * options.blockSize;
  if (longest > room) throw refused("SWG_REQUEST_TOO_LARGE", longest, `at most ${room} tokens, the KV cache`);
  if (options.chunkedPrefill || longest <= options.maxBatchedTokens) return;
  throw refused(
    "SWG_REQUEST_TOO_LARGE",
    longest,
    `at most maxBatchedTokens (${options.maxBatchedTokens}) without chunked prefill`,
  );
}

function refused(
  code: "SWG_REQUEST_TOO_LARGE" | "SWG_REQUEST_DUPLICATE",
  value: unknown,
  expected: string,
): SwitchgearError {
  return new SwitchgearError(code, "The engine cannot take the request.", { value, expected });
}
