// /v1/models: the union of all deployments, whether or not a worker is up.
import type { Fleet } from "../fleet/index.ts";
import type { Adapter, Alias } from "./models/model-names.ts";

export interface ModelCard {
  readonly id: string;
  readonly object: "model";
  readonly created: number;
  readonly owned_by: string;
  readonly root: string;
  /** Of an adapter: its model. */
  readonly parent: string | null;
  readonly max_model_len: number | null;
}

export interface ModelsParts {
  readonly fleet: Fleet;
  /** The name that workers serve, by any name. */
  readonly rootOf: (name: string) => string | undefined;
  /** Seconds since the epoch. */
  readonly created: number;
  readonly aliases: readonly Alias[];
  readonly adapters: readonly Adapter[];
}

/** In vLLM's order: models, under all their names, then adapters. */
export function modelCards(parts: ModelsParts): ModelCard[] {
  const { fleet, rootOf, created, aliases, adapters } = parts;
  const card = (facts: Pick<ModelCard, "id" | "root" | "parent" | "max_model_len">): ModelCard => ({
    id: facts.id,
    object: "model",
    created,
    owned_by: "switchgear",
    root: facts.root,
    parent: facts.parent,
    max_model_len: facts.max_model_len,
  });
  const models = fleet.models().map((id) => {
    const root = rootOf(id) ?? id;
    return card({ id, root, parent: null, max_model_len: shortest(fleet, [root]) });
  });
  const shared = aliases.map(({ name: id, targets }) => {
    const behind = [...new Set(targets.map(({ model, adapter }) => adapter ?? model))];
    const [only = id] = behind.length === 1 ? behind : [];
    const models = targets.map(({ model }) => model);
    return card({ id, root: only, parent: null, max_model_len: shortest(fleet, models) });
  });
  // As in vLLM an adapter's card tells no length. Its path stays here.
  const own = adapters.map(({ name, model }) => card({ id: name, root: name, parent: model, max_model_len: null }));
  return [...models, ...shared, ...own];
}

/** Of the workers that told: a request within it fits everywhere. */
function shortest(fleet: Fleet, models: readonly string[]): number | null {
  let least: number | null = null;
  for (const worker of fleet.workers()) {
    const length = models.includes(worker.model) ? worker.facts.maxModelLen : undefined;
    if (length !== undefined && (least === null || length < least)) least = length;
  }
  return least;
}
