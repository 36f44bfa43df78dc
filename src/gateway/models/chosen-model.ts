// The name that a client asked for → the model that is meant, the adapter of it, and the name that the answer bears.
import type { GatewayModel } from "../options.ts";
import { type Refusal, refusal, unknownModel } from "../refusal.ts";
import type { Client } from "../tenancy/tenancy.ts";
import type { Adapters } from "./adapters.ts";
import { type AliasSession, type AliasTarget, type ModelNames, NO_NAMES } from "./model-names.ts";

/** The names of a gateway as intake asks for them. */
export interface Naming {
  /** Names of models. */
  readonly names: readonly string[];
  readonly model: (name: string) => GatewayModel | undefined;
  readonly more?: ModelNames | undefined;
  readonly adapters?: Pick<Adapters, "find"> | undefined;
}

export interface ChosenModel {
  readonly model: GatewayModel;
  readonly adapter?: string | undefined;
  /** In the answer this stands in the place of what the worker says. */
  readonly alias?: string | undefined;
  /** By one of them a tenant must be allowed to use it; undefined = by what it asked for, or the model's name. */
  readonly names?: readonly string[] | undefined;
}

export interface AskedName {
  /** Undefined = the request names none. */
  readonly name: string | undefined;
  readonly client: Client | undefined;
  readonly session: () => AliasSession;
}

export function chosenModel(naming: Naming, { name, client, session }: AskedName): ChosenModel | Refusal {
  if (name === undefined) return onlyModel(naming);
  const own = naming.names.includes(name) ? naming.model(name) : undefined;
  if (own !== undefined) return { model: own };
  const alias = (naming.more ?? NO_NAMES).alias(name);
  if (alias === undefined) return chosenAdapter(naming, { name, client });
  if (!mayUseAlias(client, alias)) return unknownModel(name);
  const { model, adapter } = alias.choose(session());
  const found = naming.model(model);
  if (found === undefined) return unknownModel(name);
  return { model: found, adapter, alias: name, names: [name, adapter ?? model] };
}

/** An adapter is a model of its own: being allowed its base is not enough. */
function chosenAdapter({ adapters, model }: Naming, { name, client }: { name: string; client: Client | undefined }) {
  const adapter = adapters?.find(name);
  const base = adapter && model(adapter.model);
  if (base === undefined || client?.mayUse([name]) === false) return unknownModel(name);
  return { model: base, adapter: name, names: [name] };
}

/** By its name, or where everything behind it is allowed: a session must not be refused for where it falls. */
export function mayUseAlias(
  client: Client | undefined,
  alias: { readonly name: string; readonly targets: readonly AliasTarget[] },
): boolean {
  if (client === undefined || client.mayUse([alias.name])) return true;
  return alias.targets.every(({ model, adapter }) => client.mayUse([adapter ?? model]));
}

/** A request without a model means the only one there is, as in vLLM. */
function onlyModel({ names, model }: Naming): ChosenModel | Refusal {
  const all = new Set(names.map((one) => model(one)));
  const [only] = all;
  if (all.size === 1 && only !== undefined) return { model: only };
  return refusal(404, "The request names no model, and there is more than one to choose from.", { param: "model" });
}

/** The name by which a worker is asked. */
export function sentName({ model, adapter }: Pick<ChosenModel, "model" | "adapter">): string {
  return adapter ?? model.name;
}
