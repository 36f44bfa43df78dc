// One routing decision with its inputs taken from the running fleet and index, and its time measured.
import type { Worker } from "../fleet/index.ts";
import type { Context } from "./context.ts";
import { type Choice, choose, type Prediction, predictionOf } from "./choose.ts";
import type { Accepted } from "./intake.ts";
import { leftOf } from "./promised/promised-to.ts";
import type { PromptIdentity } from "./prompt-identity.ts";
import type { RequestRecord } from "./record.ts";
import type { ForwardRoute } from "./routes.ts";
import { unfailing } from "./unfailing.ts";

export interface Decided extends Choice {
  readonly startedAt: number;
  readonly prediction: Prediction;
}

export interface DecideParts {
  readonly route: ForwardRoute;
  readonly accepted: Accepted;
  readonly identity: PromptIdentity;
  /** Not empty. */
  readonly workers: readonly Worker[];
  /** Undefined for a copy, to which nothing is promised. */
  readonly record?: RequestRecord | undefined;
}

export function decide(
  { options, books, gaps }: Context,
  { route, accepted, identity, workers, record }: DecideParts,
): Decided {
  const { clock, index, random } = options;
  const started = clock.now();
  const policy = route.routing === "policy" ? accepted.model.policy : accepted.model.loadPolicy;
  const ids = workers.map((worker) => worker.id);
  const { hashes } = identity;
  const known = unfailing(options.log, "index", () => ({
    overlap: hashes === undefined || hashes.count === 0 ? undefined : index.overlap(hashes, ids, started),
    heldBlocks: ids.map((id) => index.heldBlocks(id)),
  }));
  const { session } = accepted;
  const choice = choose({
    policy,
    workers,
    identity,
    session,
    promised: record && leftOf(record, started),
    nowMs: started,
    promisedItlMs: (id) => gaps.tightest(id),
    overlap: known?.overlap,
    heldBlocks: known?.heldBlocks,
    slowdown: (id) => books.residuals.slowdown(id),
    random,
  });
  books.metrics.decision(policy.name).observe((clock.now() - started) / 1000);
  books.metrics.decisions(policy.name, choice.worker.id).inc();
  return { ...choice, startedAt: started, prediction: predictionOf(choice, identity) };
}
