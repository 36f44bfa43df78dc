// The workers that are to be there: one list for reloads and for autoscaling, so that neither undoes the other.
import type { Deployment } from "../config/index.ts";
import type { ChangingFleet, WorkerSpec } from "../fleet/index.ts";
import type { DeploymentIndexes } from "./deployment-indexes.ts";

export interface Roster {
  readonly specs: readonly WorkerSpec[];
  /** In force. */
  readonly deployments: readonly Deployment[];
  replace(next: readonly WorkerSpec[], deployments: readonly Deployment[]): void;
  add(more: readonly WorkerSpec[]): void;
  /** It drains and leaves. */
  remove(id: string): void;
}

interface RosterParts {
  readonly workers: readonly WorkerSpec[];
  readonly deployments: readonly Deployment[];
  readonly fleet: ChangingFleet;
  readonly index: DeploymentIndexes;
}

export function roster({ workers, deployments: first, fleet, index }: RosterParts): Roster {
  let specs = workers;
  let deployments = first;

  function replace(next: readonly WorkerSpec[], of: readonly Deployment[]): void {
    [specs, deployments] = [next, of];
    // Those about to leave still have entries, until they have left.
    index.update(of, [...next, ...fleet.workers()]);
    // A model without a worker at the moment is served, too.
    fleet.apply(next, of.filter(mayHaveNone).map(namesOf));
  }

  return {
    get specs() {
      return specs;
    },
    get deployments() {
      return deployments;
    },
    replace,
    add: (more) => replace([...specs, ...more], deployments),
    remove: (id) =>
      replace(
        specs.filter((one) => one.id !== id),
        deployments,
      ),
  };
}

function mayHaveNone({ autoscaling, pools }: Deployment): boolean {
  return autoscaling.enabled && pools.some(({ minReplicas }) => minReplicas === 0);
}

function namesOf({ model }: Deployment): { readonly model: string; readonly aliases: readonly string[] } {
  const [first = model.name, ...aliases] = model.servedNames;
  return { model: first, aliases };
}
