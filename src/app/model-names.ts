// Aliases and adapters of the deployments in force, as the gateway asks for them.
import type { Deployment } from "../config/index.ts";
import type { Adapter, Alias, AliasSession, ModelNames } from "../gateway/index.ts";
import { weightedChoice } from "../migration/index.ts";
import { servedName } from "./gateway-models.ts";

interface Table {
  readonly of: readonly Deployment[];
  readonly aliases: ReadonlyMap<string, Alias>;
  readonly adapters: ReadonlyMap<string, Adapter>;
}

/** `secret`: no client can choose the model that its session falls to; equal secrets choose alike. */
export function modelNames(deployments: () => readonly Deployment[], secret: () => Uint8Array): ModelNames {
  let made: Table | undefined;

  function table(): Table {
    const of = deployments();
    if (made?.of !== of) made = { of, aliases: aliasesOf(of, secret), adapters: adaptersOf(of) };
    return made;
  }

  return {
    alias: (name) => table().aliases.get(name),
    adapter: (name) => table().adapters.get(name),
    aliases: () => [...table().aliases.values()],
    adapters: () => [...table().adapters.values()],
  };
}

function aliasesOf(deployments: readonly Deployment[], secret: () => Uint8Array): ReadonlyMap<string, Alias> {
  const uses = deployments.flatMap((deployment) =>
    deployment.model.aliases.map(({ name, weight, adapter }) => {
      const model = servedName(deployment);
      return { name, weight, model, adapter, id: JSON.stringify([model, adapter]) };
    }),
  );
  return new Map(
    [...new Set(uses.map(({ name }) => name))].flatMap((name) => {
      const targets = uses.filter((one) => one.name === name && one.weight > 0);
      const [first] = targets;
      if (first === undefined) return [];
      const choose = (session: AliasSession) => weightedChoice(secret(), targets, sessionIn(name, session)) ?? first;
      return [[name, { name, targets, choose }] as const];
    }),
  );
}

/** A session falls anew for each alias. */
function sessionIn(alias: string, { sessionKey, requestId }: AliasSession): string {
  return JSON.stringify([alias, sessionKey ?? null, sessionKey === undefined ? requestId : null]);
}

function adaptersOf(deployments: readonly Deployment[]): ReadonlyMap<string, Adapter> {
  return new Map(
    deployments.flatMap((deployment) => {
      const { adapters, load } = deployment.model.lora;
      const model = servedName(deployment);
      return adapters.map(({ name, path }) => [name, { name, model, path, load }] as const);
    }),
  );
}
