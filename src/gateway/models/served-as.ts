// What an exchange asks about the names of its request: who can serve it, and which name its answer bears.
import type { Worker } from "../../fleet/index.ts";
import type { Lane } from "../arms/lane.ts";
import { RenamingRelay } from "../arms/renaming-relay.ts";
import type { ExchangeParts } from "../exchange-parts.ts";
import { failureRefusal } from "../failures.ts";
import type { Accepted } from "../intake.ts";
import { type Refusal, RETRY_AFTER, refusal } from "../refusal.ts";
import type { Relay } from "../relay.ts";
import type { LegFailure } from "../retry.ts";
import { sentName } from "./chosen-model.ts";
import { holdersOf, workersFor } from "./holders.ts";
import { failedBy, lostFor } from "./lost-holders.ts";

/** Workers that may get the request now and hold what it asks for. */
export function workersOf(parts: ExchangeParts, lane: Lane | undefined): readonly Worker[] {
  const { fleet } = parts.context.options;
  const { adapter, model } = parts.accepted;
  if (lane !== undefined) return holdersOf(adapter, lane.workers());
  if (adapter === undefined) return fleet.eligible(model.name, "any");
  const lost = lostFor(parts);
  return holdersOf(adapter, workersFor(fleet, model.name, lost));
}

/** Before the first byte: the leg has failed, and no other one is sent. A holder that was lost may come back, or another one come. */
export function legRefusal(parts: ExchangeParts, lane: Lane | undefined, failure: LegFailure): Refusal {
  const { adapter } = parts.accepted;
  const refused = failureRefusal(failure);
  if (adapter === undefined || refused.status !== 502) return refused;
  const failed = failedBy(parts);
  if (workersOf(parts, lane).some(({ id }) => !failed.has(id))) return refused;
  const message = `The worker with the adapter \`${adapter}\` was lost, and no other one holds it now.`;
  return refusal(503, message, { headers: RETRY_AFTER });
}

/** The answer bears another name than the worker tells. */
export function renamed(accepted: Accepted, lane: Lane | undefined): boolean {
  return accepted.alias !== undefined || lane?.renames === true;
}

interface AnsweredBy {
  readonly lane: Lane | undefined;
  readonly worker: Worker | undefined;
}

/** First the arm's name becomes the model's, then the model's the alias. */
export function namedRelay(relay: Relay, accepted: Accepted, { lane, worker }: AnsweredBy): Relay {
  const outer = aliasRelay(relay, accepted, worker);
  return lane?.relay(outer) ?? outer;
}

/** A worker that serves several names answers with its first one, whichever it was asked for. */
function aliasRelay(relay: Relay, accepted: Accepted, worker: Worker | undefined): Relay {
  const { alias: to, adapter } = accepted;
  if (to === undefined) return relay;
  const first = adapter === undefined ? worker?.facts.servedModels[0] : undefined;
  const names = new Set([sentName(accepted), first ?? to]);
  return [...names].reduce<Relay>(
    (inner, from) => (from === to ? inner : new RenamingRelay(inner, { from, to })),
    relay,
  );
}
