// What an exchange asks about the names of its request: who can serve it, and which name its answer bears.
import type { Worker } from "../../fleet/index.ts";
import type { Lane } from "../arms/lane.ts";
import { RenamingRelay } from "../arms/renaming-relay.ts";
import type { ExchangeParts } from "../exchange-parts.ts";
import type { Accepted } from "../intake.ts";
import type { Relay } from "../relay.ts";
import { holdersOf, workersFor } from "./holders.ts";
import { sentName } from "./chosen-model.ts";

/** Workers that may get the request now and hold what it asks for. */
export function workersOf({ accepted, context }: ExchangeParts, lane: Lane | undefined): readonly Worker[] {
  const { fleet } = context.options;
  const { adapter, model } = accepted;
  if (lane !== undefined) return holdersOf(adapter, lane.workers());
  return adapter === undefined ? fleet.eligible(model.name, "any") : holdersOf(adapter, workersFor(fleet, model.name));
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
