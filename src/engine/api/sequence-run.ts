// One sequence from the API's side: samples for the engine core, turns its tokens into text, ends it at a stop string.
import type { EngineContext } from "./engine-context.ts";
import { detokenizer } from "./detokenizer.ts";
import { EMPTY_STATE, hashText, mixToken, mixTokens } from "./next-token.ts";
import { stopScanner } from "./stop-scanner.ts";
import type { EngineRequest, FinishReason, RemotePrompt, TokenOutput } from "../sequence.ts";
import type { TransferWish } from "../transfer/transfer-params.ts";

export interface SequencePlan {
  readonly id: string;
  readonly promptIds: Int32Array;
  readonly maxTokens: number;
  readonly minTokens: number;
  readonly ignoreEos: boolean;
  readonly stop: readonly string[];
  readonly stopTokenIds: readonly number[];
  readonly includeStop: boolean;
  readonly skipSpecialTokens: boolean;
  /** 0 for greedy. */
  readonly salt: number;
  readonly priority: number;
  readonly cacheSalt: string | undefined;
  readonly lora?: string | undefined;
  /** Asked for probabilities of the prompt cannot be read from the cache. */
  readonly promptLogprobs: number | undefined;
  /** A token that the request's `logit_bias` leaves no choice but to make. */
  readonly forcedToken: number | undefined;
  /** Output that is fixed (structured output, a tool call); the end of the sequence follows it. */
  readonly script: readonly number[] | undefined;
  /** Choices of the HTTP request. */
  readonly n: number;
  readonly arrivedAt: number;
  readonly transfer: TransferWish | undefined;
}

/** What one token adds. */
export interface SequenceDelta {
  readonly token: number;
  /** Hash of everything before the token; figures such as logprobs come from it. */
  readonly state: number;
  /** May be empty: an incomplete character, or text held back for a stop string. */
  readonly text: string;
  readonly finish: FinishReason | undefined;
  /** The stop string or stop token id that ended the sequence. */
  readonly stopReason: string | number | null;
  readonly cachedTokens: number;
  /** kv_transfer_params of the answer, on the last token of a prompt that is kept for another engine. */
  readonly kept?: object | null;
}

export interface SequenceRun {
  /** Takes the sequence back; nothing follows. Idempotent. */
  abort(): void;
}

export function runSequence(
  context: EngineContext,
  plan: SequencePlan,
  onDelta: (delta: SequenceDelta) => void,
): SequenceRun {
  const text = textEnd(context, plan);
  let state = mixTokens(EMPTY_STATE, plan.promptIds);
  let over = false;
  let stopPull: (() => void) | undefined;

  function takeBack(finish?: FinishReason): void {
    if (over) return;
    over = true;
    stopPull?.();
    context.engine.abort(plan.id);
    context.ops.aborted(plan.id, finish);
  }

  /** The prompt did not come, and is not to be computed here. */
  function failed(): void {
    takeBack("error");
    onDelta({ token: 0, state, text: "", finish: "error", stopReason: null, cachedTokens: 0 });
  }

  function onToken(output: TokenOutput): void {
    if (over) return;
    if (output.finish === "error") return failed();
    const piece = text.push(output.token, output.finish !== undefined);
    const before = state;
    state = mixToken(state, output.token);
    const finish = piece.stopped ? "stop" : output.finish;
    if (output.finish !== undefined) over = true;
    else if (piece.stopped) takeBack("stop");
    const stopReason = piece.hit ?? (output.finish === "stop" ? stopTokenReason(context, plan, output.token) : null);
    const { token } = output;
    const cachedTokens = reportedCache(plan, output);
    const kept = output.finish === undefined ? undefined : keptBy(context, plan, cachedTokens);
    onDelta({ token, state: before, text: piece.text, finish, stopReason, cachedTokens, ...(kept && { kept }) });
  }

  function submit(remote?: RemotePrompt, isStale = false): void {
    // Whatever is in the blocks now: not this prompt.
    const salt = (isStale ? plan.salt ^ STALE_SALT : plan.salt) ^ adapterSalt(plan);
    const sample = sequenceSampler(context, { ...plan, salt });
    context.engine.submit({ ...engineRequest(context, plan, sample), remote }, onToken);
  }

  const { id, promptIds, maxTokens, n, arrivedAt, lora } = plan;
  context.ops.arrived({ id, promptTokens: promptIds.length, maxTokens, n, arrivedAt, lora });
  if (plan.transfer?.kind !== "pull") submit();
  else
    stopPull = context.transfer?.pull(plan.transfer, promptIds.length, ({ remote, isStale }) => {
      if (!over) submit(remote, isStale);
    });
  return { abort: () => takeBack() };
}

/** An adapter is another model: its text differs, equally on every engine. */
function adapterSalt({ lora }: SequencePlan): number {
  return lora === undefined ? 0 : hashText(`lora ${lora}`);
}

/** So that text made from freed blocks differs from the model's own. */
const STALE_SALT = 0x51a1e;

/** vLLM's usage shows what the prefill leg found, not what was transferred. */
function reportedCache({ transfer }: SequencePlan, { remoteTokens, cachedTokens }: TokenOutput): number {
  return transfer?.kind === "pull" && remoteTokens !== undefined ? transfer.cachedTokens : cachedTokens;
}

function keptBy(context: EngineContext, plan: SequencePlan, cachedTokens: number): object | null | undefined {
  const { id, transfer, promptIds } = plan;
  return transfer && context.transfer?.kept({ id, tokens: promptIds.length, cachedTokens }, transfer);
}

function engineRequest(context: EngineContext, plan: SequencePlan, sample: EngineRequest["sample"]): EngineRequest {
  const { id, promptIds, maxTokens, priority, cacheSalt, lora, transfer } = plan;
  const leaseMs = transfer?.kind === "keep" ? context.transfer?.leaseMs : undefined;
  return {
    id,
    promptIds,
    maxTokens,
    priority,
    cacheSalt,
    lora,
    loraPath: lora === undefined ? undefined : context.adapters.pathOf(lora),
    skipCache: plan.promptLogprobs !== undefined,
    leaseMs,
    sample,
  };
}

/** The sampler of the engine core; it may be asked again from the beginning after a preemption. */
function sequenceSampler(context: EngineContext, plan: SequencePlan): EngineRequest["sample"] {
  const ends = new Set([...(plan.ignoreEos ? [] : context.tokenizer.endOfSequence), ...plan.stopTokenIds]);
  const start = { state: mixTokens(EMPTY_STATE, plan.promptIds), last: Array.from(plan.promptIds.slice(-TAIL)) };
  let state = start.state;
  let last = [...start.last];
  let seen = 0;

  function follow(output: readonly number[]): void {
    if (output.length < seen) [state, last, seen] = [start.state, [...start.last], 0];
    for (; seen < output.length; seen++) {
      const id = output[seen] ?? 0;
      state = mixToken(state, id);
      last.push(id);
      if (last.length > TAIL) last.shift();
    }
  }

  return function sample(output) {
    follow(output);
    const early = output.length + 1 < plan.minTokens;
    const choice = { salt: plan.salt, noEnd: plan.ignoreEos || early };
    const token = scripted(context, plan, output.length) ?? plan.forcedToken ?? context.next.after(state, last, choice);
    return ends.has(token) && !early ? { token, finish: "stop" } : { token };
  };
}

/** Ids at the end of a sequence that the next token may depend on directly. */
const TAIL = 8;

function scripted(context: EngineContext, plan: SequencePlan, at: number): number | undefined {
  if (plan.script === undefined) return undefined;
  return plan.script[at] ?? context.next.vocabulary.endOfSequence;
}

function textEnd(context: EngineContext, plan: SequencePlan) {
  const text = detokenizer(context.tokenizer, plan.promptIds, !plan.skipSpecialTokens);
  const stops = stopScanner(plan.stop, { include: plan.includeStop });
  const ends = new Set(context.tokenizer.endOfSequence);
  let made = 0;
  return {
    push(token: number, last: boolean): { readonly text: string; readonly stopped: boolean; readonly hit?: string } {
      made++;
      // A token that ends the sequence has no text, whatever it would read.
      const silent = last && (ends.has(token) || plan.stopTokenIds.includes(token)) && !plan.includeStop;
      const fresh = silent ? "" : text.push(token);
      const scanned = stops.push(fresh, made > plan.minTokens);
      if (scanned.hit !== undefined) return { text: scanned.text, stopped: true, hit: scanned.hit };
      return { text: last ? scanned.text + stops.rest() : scanned.text, stopped: false };
    },
  };
}

function stopTokenReason(context: EngineContext, plan: SequencePlan, token: number): number | null {
  return plan.stopTokenIds.includes(token) && !context.tokenizer.endOfSequence.includes(token) ? token : null;
}
