// One worker or two for a request, with the inputs of the choice taken from the running fleet and index.
import type { Worker } from "../../fleet/index.ts";
import { choosePair, type PairDecision } from "../../routing/index.ts";
import { candidatesOf, routeRequest } from "../choose.ts";
import type { Context } from "../context.ts";
import type { Accepted } from "../intake.ts";
import { leftOf } from "../promised/promised-to.ts";
import type { PromptIdentity } from "../prompt-identity.ts";
import type { RequestRecord } from "../record.ts";
import { unfailing } from "../unfailing.ts";
import { mayPair, poolsOf } from "./pools.ts";
import type { DisaggregationSettings } from "./settings.ts";

export interface PairQuery {
  readonly settings: DisaggregationSettings;
  readonly accepted: Accepted;
  readonly identity: PromptIdentity;
  readonly workers: readonly Worker[];
  readonly record: RequestRecord;
}

export function pairFor({ options, books, gaps }: Context, query: PairQuery): PairDecision {
  const { settings, accepted, identity, workers, record } = query;
  const { clock, index, log, random } = options;
  const now = clock.now();
  const byId = new Map(workers.map((one) => [one.id, one]));
  const candidates = (among: readonly Worker[]) => {
    const ids = among.map(({ id }) => id);
    const { hashes } = identity;
    const known = unfailing(log, "index", () => ({
      overlap: hashes === undefined || hashes.count === 0 ? undefined : index.overlap(hashes, ids, now),
      heldBlocks: ids.map((id) => index.heldBlocks(id)),
    }));
    const slowdown = (id: string): number => books.residuals.slowdown(id);
    const promisedItlMs = (id: string) => gaps.tightest(id);
    const held = { overlap: known?.overlap, heldBlocks: known?.heldBlocks };
    return candidatesOf({ workers: among, identity, ...held, slowdown, promisedItlMs });
  };
  const pools = poolsOf(workers);
  return choosePair({
    request: routeRequest(identity, { session: accepted.session, promised: leftOf(record, now), nowMs: now }),
    candidates: {
      prefill: candidates(pools.prefill),
      decode: candidates(pools.decode),
      whole: candidates(pools.whole),
    },
    link(prefill, decode, tokens) {
      const [from, to] = [byId.get(prefill.id), byId.get(decode.id)];
      if (from === undefined || to === undefined || !mayPair(from, to)) return undefined;
      return settings.transferMs(Math.max(0, tokens));
    },
    rule: settings.rule,
    policy: accepted.model.policy,
    fallback: settings.fallback,
    random,
  });
}
