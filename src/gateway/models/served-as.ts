// What an exchange asks about the names of its request: who can serve it, and which name its answer bears.
import type { Lane } from "../arms/lane.ts";
import { RenamingRelay } from "../arms/renaming-relay.ts";
import type { ExchangeParts } from "../exchange-parts.ts";
import type { Accepted } from "../intake.ts";
import type { Relay } from "../relay.ts";
import { holdersOf, workersFor } from "./holders.ts";
import { sentName } from "./chosen-model.ts";
import type { Worker } from "../../fleet/index.ts";

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

/** First the arm's name becomes the model's, then the model's the alias. */
export function namedRelay(relay: Relay, accepted: Accepted, lane: Lane | undefined): Relay {
  const { alias } = accepted;
  const outer = alias === undefined ? relay : new RenamingRelay(relay, { from: sentName(accepted), to: alias });
  return lane?.relay(outer) ?? outer;
}
