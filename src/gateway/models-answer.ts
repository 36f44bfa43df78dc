// /v1/models: the union of all deployments, whether or not a worker is up.
import type { Fleet } from "../fleet/index.ts";

interface ModelCard {
  readonly id: string;
  readonly object: "model";
  readonly created: number;
  readonly owned_by: string;
  readonly root: string;
  readonly parent: null;
  readonly max_model_len: number | null;
}

export interface ModelsParts {
  readonly fleet: Fleet;
  /** The name that workers serve, by any name. */
  readonly rootOf: (name: string) => string | undefined;
  /** Seconds since the epoch. */
  readonly created: number;
}

export function modelCards({ fleet, rootOf, created }: ModelsParts): ModelCard[] {
  return fleet.models().map((id) => {
    const root = rootOf(id) ?? id;
    return {
      id,
      object: "model",
      created,
      owned_by: "switchgear",
      root,
      parent: null,
      max_model_len: shortest(fleet, root),
    };
  });
}

/** Of the workers that told: a request within it fits everywhere. */
function shortest(fleet: Fleet, model: string): number | null {
  let least: number | null = null;
  for (const worker of fleet.workers()) {
    const length = worker.model === model ? worker.facts.maxModelLen : undefined;
    if (length !== undefined && (least === null || length < least)) least = length;
  }
  return least;
}
