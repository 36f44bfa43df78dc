// The simulated engine without time and sockets: requests in, steps out.
import { SwitchgearError } from "../../core/index.ts";
import type { EngineCore, EngineStats, StepPlan } from "../engine-core.ts";
import type { EngineRequest, FinishReason, TokenOutput } from "../sequence.ts";
import { type BlockManager, blockManager } from "./block-manager.ts";
import { type CheckedOptions, checkedOptions, type EngineCoreOptions } from "./core-options.ts";
import { scheduler } from "./scheduler.ts";
import { SequenceState } from "./sequence-state.ts";
import { stepLoad } from "./step-load.ts";

const NO_OUTPUT: readonly TokenOutput[] = [];

export function engineCore(given: EngineCoreOptions): EngineCore {
  const options = checkedOptions(given);
  const blocks = blockManager(options);
  const live = new Map<string, SequenceState>();
  let arrivals = 0;
  let prefixQueries = 0;
  let prefixHits = 0;
  /** The sequences of the open step. */
  let open: readonly SequenceState[] | undefined;
  /** Of the step that is being planned. */
  let news: { admitted?: string[]; preempted?: string[] } = {};

  const schedule = scheduler(blocks, options, {
    admitted(sequence) {
      (news.admitted ??= []).push(sequence.request.id);
      if (!options.prefixCaching) return;
      prefixQueries += sequence.tokens;
      prefixHits += sequence.cachedTokens;
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
    blocks.release(sequence);
    live.delete(sequence.request.id);
    sequence.phase = "ended";
  }

  function abort(id: string): boolean {
    const sequence = live.get(id);
    if (!sequence) return false;
    if (sequence.phase === "waiting") schedule.waiting.remove(sequence);
    const wasRunning = sequence.phase === "running";
    end(sequence);
    if (wasRunning) schedule.sweep();
    return true;
  }

  function planStep(): StepPlan | undefined {
    if (open) throw new SwitchgearError("SWG_INTERNAL", "A step was scheduled before the last one was completed.");
    news = {};
    const before = schedule.preemptions;
    let planned = schedule.plan();
    // Under the priority policy the first running sequence may preempt itself and leave an empty step.
    while (planned.length === 0 && schedule.preemptions > before && schedule.running.length > 0)
      planned = schedule.plan();
    if (planned.length === 0) return undefined;
    open = planned;
    const load = stepLoad(planned);
    return {
      durationMs: options.cost.stepMs(load) * options.noise(),
      tokens: load.tokens,
      ...news,
    };
  }

  function complete(): readonly TokenOutput[] {
    if (!open) return NO_OUTPUT;
    const outputs: TokenOutput[] = [];
    let ended = false;
    for (const sequence of open) {
      const { scheduled } = sequence;
      sequence.scheduled = 0;
      if (sequence.phase === "ended") continue;
      sequence.computed += scheduled;
      if (sequence.computed < sequence.tokens) continue;
      const output = sampleNext(sequence);
      outputs.push(output);
      if (output.finish === undefined) continue;
      end(sequence);
      ended = true;
    }
    open = undefined;
    if (ended) schedule.sweep();
    return outputs;
  }

  return {
    add,
    abort,
    schedule: planStep,
    complete,
    takeEvents: () => blocks.takeEvents(),
    resetPrefixCache: () => blocks.reset(),
    stats: (): EngineStats => ({
      running: schedule.running.length,
      waiting: schedule.waiting.length,
      kvUsage: (blocks.total - blocks.free) / blocks.total,
      kvBlocks: options.kvBlocks,
      preemptions: schedule.preemptions,
      prefixQueries,
      prefixHits,
    }),
  };
}

function sampleNext(sequence: SequenceState): TokenOutput {
  const { request, output, cachedTokens } = sequence;
  const { token, finish: stop } = request.sample(output);
  output.push(token);
  const finish: FinishReason | undefined = stop ?? (output.length >= request.maxTokens ? "length" : undefined);
  return { id: request.id, token, finish, cachedTokens };
}

/** A request that can never run would block the queue for ever. */
function refuseImpossible(request: EngineRequest, engine: { options: CheckedOptions; blocks: BlockManager }): void {
  const { options, blocks } = engine;
  const prompt = request.promptIds.length;
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
