// One worker for a request, or a pair: the prompt here, the answer there. A pure choice by the predicted cost of both paths.
import type { Random } from "../core/index.ts";
import { type CostSettings, DEFAULT_COST, routeCost } from "./cost.ts";
import { decodeLegCost, type LegCost, prefillLegCost } from "./pair-cost.ts";
import type { PairRule } from "./pair-rule.ts";
import { lateMs } from "./promises.ts";
import type { Candidate, Policy, RouteDecision, RouteRequest } from "./policy.ts";
import { requests } from "./worker-view.ts";

export interface PairCandidates {
  readonly prefill: readonly Candidate[];
  readonly decode: readonly Candidate[];
  /** Workers that may serve the request alone. A decode worker is a whole vLLM, so it may be here too. */
  readonly whole: readonly Candidate[];
}

/** How long `tokens` tokens of KV take between two workers; undefined = never pair them (other version, revision, no link). */
export type PairLink = (prefill: Candidate, decode: Candidate, tokens: number) => number | undefined;

export interface PairParts {
  readonly request: RouteRequest;
  readonly candidates: PairCandidates;
  readonly link: PairLink;
  readonly rule: PairRule;
  /** Chooses where a request is served whole. */
  readonly policy: Policy;
  /** When a pool is gone: serve on one worker, whichever is left, or fail. */
  readonly fallback: "colocated" | "fail";
  readonly random: Random;
  readonly settings?: Partial<CostSettings>;
}

/** Predictions that belong into the receipt. */
export interface ChosenPair {
  readonly kind: "pair";
  readonly prefill: Candidate;
  readonly decode: Candidate;
  /** Prompt tokens that the prefill worker, and the decode worker, need not compute or get. */
  readonly prefillCached: number;
  readonly decodeCached: number;
  /** To the prefill leg's own first token. */
  readonly prefillTtftMs: number;
  readonly transferMs: number;
  /** Both legs and the transfer. */
  readonly ttftMs: number;
  readonly costMs: number;
  /** What one worker would have cost; undefined when there is none. */
  readonly wholeMs: number | undefined;
}

export type PairDecision =
  | ChosenPair
  | {
      readonly kind: "whole";
      readonly decision: RouteDecision;
      /** rule: the rule said so · fallback: there is no pair. */
      readonly reason: "rule" | "fallback";
      readonly pairMs: number | undefined;
    }
  | { readonly kind: "none"; readonly reason: "no_prefill" | "no_decode" | "no_pair" | "no_worker" };

/** Differences below this are noise of the prediction, as in kv_aware. */
const TIE_MS = 1;
const TIE_SHARE = 0.02;

export function choosePair(parts: PairParts): PairDecision {
  const { request, candidates, rule, fallback } = parts;
  const pair = cheapestPair(parts);
  if (pair === undefined) {
    if (fallback === "fail") return { kind: "none", reason: missing(candidates) };
    return wholeChoice(parts, fallbackWorkers(candidates)) ?? { kind: "none", reason: "no_worker" };
  }
  const whole = wholeChoice(parts, candidates.whole);
  if (whole === undefined) return pair;
  const alone = routeCost(request, whole.decision.chosen, { ...DEFAULT_COST, ...parts.settings });
  const question = {
    promptTokens: request.promptTokens,
    uncachedTokens: request.promptTokens - alone.cachedTokens,
    pairMs: pair.costMs,
    wholeMs: alone.totalMs,
  };
  if (rule(question)) return { ...pair, wholeMs: alone.totalMs };
  return { ...whole, reason: "rule", pairMs: pair.costMs };
}

function wholeChoice(
  { request, policy, random }: PairParts,
  workers: readonly Candidate[],
): Extract<PairDecision, { kind: "whole" }> | undefined {
  if (workers.length === 0) return undefined;
  const decision = policy.choose(request, workers, random);
  return { kind: "whole", decision, reason: "fallback", pairMs: undefined };
}

/** Whatever can still answer. */
function fallbackWorkers({ whole, decode, prefill }: PairCandidates): readonly Candidate[] {
  return [whole, decode, prefill].find((list) => list.length > 0) ?? [];
}

function missing({ prefill, decode }: PairCandidates): "no_prefill" | "no_decode" | "no_pair" {
  if (prefill.length === 0) return "no_prefill";
  return decode.length === 0 ? "no_decode" : "no_pair";
}

/** All pairs by cost; of two at random among equal ones the less busy. */
function cheapestPair({ request, candidates, link, random, settings }: PairParts): ChosenPair | undefined {
  const all = { ...DEFAULT_COST, ...settings };
  const decodes = candidates.decode.map((one) => ({ one, cost: decodeLegCost(request, one, all) }));
  const pairs = candidates.prefill.flatMap((prefill) => {
    const cost = prefillLegCost(request, prefill, all);
    return decodes.flatMap((decode) => joined({ one: prefill, cost }, decode, { request, link, all }) ?? []);
  });
  if (pairs.length === 0) return undefined;
  const lowest = Math.min(...pairs.map(({ costMs }) => costMs));
  const tied = pairs.filter(({ costMs }) => costMs <= lowest + TIE_MS + TIE_SHARE * lowest).toSorted(byIds);
  const [first, second] = [tied[random.int(tied.length)], tied[random.int(tied.length)]];
  return first !== undefined && second !== undefined && busyness(second) < busyness(first) ? second : first;
}

interface PricedLeg {
  readonly one: Candidate;
  readonly cost: LegCost;
}

function joined(
  prefill: PricedLeg,
  decode: PricedLeg,
  { request, link, all }: Pick<PairParts, "request" | "link"> & { readonly all: CostSettings },
): ChosenPair | undefined {
  const transferMs = link(prefill.one, decode.one, request.promptTokens - decode.cost.cachedTokens);
  if (transferMs === undefined) return undefined;
  const ttftMs = prefill.cost.ttftMs + transferMs + decode.cost.ttftMs;
  return {
    kind: "pair",
    prefill: prefill.one,
    decode: decode.one,
    prefillCached: prefill.cost.cachedTokens,
    decodeCached: decode.cost.cachedTokens,
    prefillTtftMs: prefill.cost.ttftMs,
    transferMs,
    ttftMs,
    costMs: prefill.cost.totalMs + transferMs + decode.cost.totalMs + lateMs(request, ttftMs, all),
    wholeMs: undefined,
  };
}

function busyness({ prefill, decode }: ChosenPair): number {
  return requests(prefill.load) + requests(decode.load);
}

function byIds(a: ChosenPair, b: ChosenPair): number {
  const [left, right] = [`${a.prefill.id} ${a.decode.id}`, `${b.prefill.id} ${b.decode.id}`];
  return left < right ? -1 : left > right ? 1 : 0;
}
