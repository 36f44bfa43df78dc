// A request on a model with prefill and decode workers: one leg or two, and what becomes of it when one of the two fails.
import { toError } from "../../core/index.ts";
import type { Worker } from "../../fleet/index.ts";
import type { ChosenPair } from "../../routing/index.ts";
import type { Recallable } from "../arms/arms.ts";
import type { Lane } from "../arms/lane.ts";
import { Attempt, type AttemptEvents } from "../attempt.ts";
import { decide, type Decided } from "../decide.ts";
import type { ExchangeParts } from "../exchange-parts.ts";
import { noWorker } from "../failures.ts";
import { isEventStream, upstreamHeaders } from "../headers.ts";
import type { AnswerBegun, HeldAnswer } from "../held-answer.ts";
import { legRequestId } from "../record.ts";
import type { Refusal } from "../refusal.ts";
import type { Relay } from "../relay.ts";
import { CachedRelay } from "./cached-relay.ts";
import { type CachedCounts, cachedCounts } from "./cached-usage.ts";
import { pairFor } from "./choose-pair.ts";
import { type GatewayConnector, mooncake, NIXL } from "./connector.ts";
import { FirstTokenHold } from "./first-token-hold.ts";
import { type KeptKv, keptKv } from "./kept-kv.ts";
import { kvFault } from "./kv-fault.ts";
import { decodeBody, prefillBody, type SplitBody } from "./leg-bodies.ts";
import { decodeDecided, learn, prefillDecided } from "./pair-decided.ts";
import { wholeWorkers } from "./pools.ts";
import { PrefillLeg } from "./prefill-leg.ts";
import type { DisaggregationSettings } from "./settings.ts";
import { whyWhole } from "./why-whole.ts";

/** The leg that answers the client. */
export interface AnsweringLeg {
  readonly decided: Decided;
  /** Undefined = as the client sent it. */
  readonly body?: Buffer | undefined;
  readonly part?: "decode" | undefined;
  /** Why one worker serves it. */
  readonly whole?: string | undefined;
}

/** The exchange whose request it is. */
export interface SplitHost extends AttemptEvents, Recallable {
  adopt(attempt: Attempt): void;
  sendLeg(leg: AnsweringLeg): void;
  refuse(refused: Refusal): void;
}

export interface EndedAnswer {
  readonly status: number;
  readonly body: Buffer;
  readonly attempt: Attempt | undefined;
}

/** Undefined for a model whose workers all do the same. */
export function splitOf(parts: ExchangeParts, lane: Lane | undefined): Split | undefined {
  const { fleet, model } = parts.context.options;
  const hasRoles = fleet.workers().some(({ role }) => role !== "both");
  return hasRoles ? new Split(parts, lane, (name) => model(name)?.disaggregation) : undefined;
}

/** A class: one a request of a model with roles. */
export class Split {
  readonly #parts: ExchangeParts;
  readonly #lane: Lane | undefined;
  readonly #settingsOf: (model: string) => DisaggregationSettings | undefined;
  #isOver = false;
  /** Of the decode leg that runs. */
  #pair: RunningPair | undefined;

  constructor(
    parts: ExchangeParts,
    lane: Lane | undefined,
    settingsOf: (model: string) => DisaggregationSettings | undefined,
  ) {
    this.#parts = parts;
    this.#lane = lane;
    this.#settingsOf = settingsOf;
  }

  /** False when all workers serve whole requests: nothing is done. */
  begin(workers: readonly Worker[], host: SplitHost): boolean {
    if (workers.every(({ role }) => role === "both")) return false;
    const { context, route, accepted } = this.#parts;
    this.#unpair();
    const settings = this.#settingsOf(workers[0]?.model ?? "");
    const why = whyWhole(route, accepted);
    if (settings === undefined || why !== undefined) {
      this.#whole(host, { workers, why: why ?? "settings" });
      return true;
    }
    const decision = pairFor(context, { ...this.#parts, settings, workers });
    if (decision.kind === "none") this.#refuse(host, decision.reason);
    else if (decision.kind === "whole")
      this.#whole(host, { workers, why: decision.reason, only: decision.decision.chosen.id });
    else this.#prefill(host, { settings, pair: decision, workers });
    return true;
  }

  /** An answer that may still turn out to be a failed transfer is held. */
  held({ status, headers }: Pick<AnswerBegun, "status" | "headers">): HeldAnswer | undefined {
    return this.#pair !== undefined && status === 200 && isEventStream(headers) ? new FirstTokenHold() : undefined;
  }

  /** True when the decode worker could not get its KV, and computes the prompt itself now. */
  recovers({ status, body, attempt }: EndedAnswer, host: SplitHost): boolean {
    const pair = this.#pair;
    const { model } = this.#parts.accepted;
    const isAllowed = this.#settingsOf(pair?.worker.model ?? "")?.fallback === "colocated" && model.limits.retries > 0;
    if (pair === undefined || !isAllowed || !kvFault(status, body)) return false;
    this.#unpair();
    // The producer's fault, or the link's: nothing is said against this worker.
    attempt?.fail("kv_load", undefined);
    this.#parts.context.books.metrics.retries(model.name, "kv_load").inc();
    this.#whole(host, { workers: [pair.worker], why: "kv_load" });
    return true;
  }

  get rewrites(): boolean {
    return this.#pair?.counts !== undefined;
  }

  relay(relay: Relay, isStream: boolean): Relay {
    this.#pair?.kv.over();
    const counts = this.#pair?.counts;
    return counts === undefined ? relay : new CachedRelay(relay, counts, isStream);
  }

  /** The request is over; `ok` = its answer is complete. Idempotent. */
  ended(isOk: boolean): void {
    this.#isOver = true;
    const pair = this.#unpair();
    const { kvMoves, options } = this.#parts.context;
    if (pair === undefined || !isOk) return;
    kvMoves.served(pair.worker.id, { begunAt: pair.begunAt, endedAt: options.clock.now() });
    kvMoves.look(pair.worker.id, pair.worker.gauges);
  }

  #unpair(): RunningPair | undefined {
    const pair = this.#pair;
    this.#pair = undefined;
    pair?.kv.over();
    return pair;
  }

  #refuse(host: SplitHost, reason: string): void {
    const { accepted, context } = this.#parts;
    context.books.metrics.disaggregated(accepted.model.name, "refused", reason).inc();
    host.refuse(noWorker(accepted.model.name));
  }

  #whole(host: SplitHost, { workers, why, only }: { workers: readonly Worker[]; why: string; only?: string }): void {
    const { context, accepted } = this.#parts;
    const among = only === undefined ? wholeWorkers(workers) : workers.filter(({ id }) => id === only);
    const decided = decide(context, { ...this.#parts, workers: among });
    context.books.metrics.disaggregated(accepted.model.name, "whole", why).inc();
    host.sendLeg({ decided, whole: why });
  }

  #prefill(host: SplitHost, plan: PairPlan): void {
    const { context, route, accepted, identity, record, clientHeaders } = this.#parts;
    const { settings, pair, workers } = plan;
    const { clock } = context.options;
    const decided = prefillDecided(pair, { workers, identity, rule: settings.ruleName, startedAt: clock.now() });
    const requestId = legRequestId(record);
    const own = { ...accepted.model.limits, firstByteTimeoutMs: settings.prefillTimeoutMs };
    const limits = { ...own, ...this.#lane?.limits(own) };
    const split: SplitBody = {
      body: this.#lane?.body() ?? accepted.body,
      route: route.body === "chat" ? "chat" : "completion",
    };
    let attempt: Attempt | undefined;
    const events = new PrefillLeg({
      host,
      attempt: () => attempt,
      now: () => clock.now(),
      tooSlow: () => this.#tooSlow(host, { plan, attempt }),
      done: (answer, begunAt) => this.#prefilled(host, { plan, split, attempt, answer, begunAt }),
    });
    attempt = new Attempt({ context, decided, identity, request: record, requestId, limits, events, lane: this.#lane });
    attempt.record.part = "prefill";
    record.legs.push(attempt.record);
    record.phase = "waiting";
    host.adopt(attempt);
    this.#lane?.began(host);
    const { worker } = decided;
    attempt.send({
      path: route.path,
      headers: upstreamHeaders({ client: clientHeaders, worker, requestId, controls: accepted.controlHeaders }),
      body: prefillBody(split, connectorOf(settings).ask({ requestId, worker })),
      connectTimeoutMs: limits.connectTimeoutMs,
    });
  }

  /** Nothing is known of what the slow worker will do: another one computes the prompt and the answer. */
  #tooSlow(host: SplitHost, { plan, attempt }: Pick<Prefilled, "plan" | "attempt">): boolean {
    if (plan.settings.fallback === "fail") return false;
    attempt?.fail("slow", "slow");
    const rest = plan.workers.filter(({ id }) => id !== attempt?.worker.id);
    if (rest.length === 0) return false;
    this.#whole(host, { workers: rest, why: "prefill_slow" });
    return true;
  }

  #prefilled(host: SplitHost, prefilled: Prefilled): void {
    const { attempt, answer, plan } = prefilled;
    if (attempt === undefined) return;
    const { context, identity } = this.#parts;
    // Its bytes were spoilt or cut on their way, and its parameters may be.
    if (!isJson(answer)) return host.onFailed(new Error("The prefill worker's answer is no JSON."), true);
    attempt.firstToken();
    attempt.end();
    attempt.report("ok");
    attempt.record.prefilled = true;
    const counts = cachedCounts(answer);
    learn(context, { leg: attempt.record, cached: counts?.cached, promptTokens: identity.promptTokens });
    const taken = connectorOf(plan.settings).take(answer, {
      requestId: attempt.record.requestId,
      worker: attempt.worker,
    });
    if (!(taken instanceof Promise)) return this.#decode(host, { ...prefilled, params: taken, counts });
    taken
      .then((params) => void (this.#isOver || this.#decode(host, { ...prefilled, params, counts })))
      .catch((thrown: unknown) => host.onFailed(toError(thrown), false));
  }

  /** The parameters are used here, once, and kept nowhere. */
  #decode(host: SplitHost, taken: Taken): void {
    const { plan, params, counts, begunAt, split, attempt } = taken;
    const { context, accepted, identity } = this.#parts;
    const { clock } = context.options;
    const now = clock.now();
    const decode = plan.workers.filter(({ id }) => id === plan.pair.decode.id);
    const worker = decode[0];
    const why =
      params === undefined ? "no_params" : now - begunAt > plan.settings.leaseMs * SURE_SHARE ? "lease" : undefined;
    if (worker === undefined || params === undefined || attempt === undefined || why !== undefined) {
      if (plan.settings.fallback === "fail") return this.#refuse(host, why ?? "no_decode");
      return this.#whole(host, { workers: decode, why: why ?? "no_decode" });
    }
    const kv = keptKv(clock, attempt.worker, plan.settings.transferMs(identity.promptTokens));
    this.#pair = { worker, begunAt: now, counts, kv };
    context.books.metrics.disaggregated(accepted.model.name, "pair", "rule").inc();
    const decided = decodeDecided(plan.pair, { worker, identity, rule: plan.settings.ruleName, startedAt: now });
    host.sendLeg({ decided, body: decodeBody(split, params), part: "decode" });
  }
}

/** Of a lease that is surely still running when the parameters reach the decode worker. */
const SURE_SHARE = 0.8;

interface RunningPair {
  readonly worker: Worker;
  readonly begunAt: number;
  readonly counts: CachedCounts | undefined;
  readonly kv: KeptKv;
}

interface PairPlan {
  readonly settings: DisaggregationSettings;
  readonly pair: ChosenPair;
  readonly workers: readonly Worker[];
}

interface Prefilled {
  readonly plan: PairPlan;
  readonly split: SplitBody;
  readonly attempt: Attempt | undefined;
  readonly answer: Buffer;
  readonly begunAt: number;
}

interface Taken extends Prefilled {
  readonly params: string | undefined;
  readonly counts: CachedCounts | undefined;
}

function isJson(answer: Buffer): boolean {
  try {
    JSON.parse(answer.toString());
    return true;
  } catch {
    return false;
  }
}

function connectorOf({ connector, bootstrapPort }: DisaggregationSettings): GatewayConnector {
  return connector === "nixl" ? NIXL : mooncake(bootstrapPort);
}
