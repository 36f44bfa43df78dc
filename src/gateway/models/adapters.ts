// LoRA adapters at the workers: who holds which, and the loading of one that nobody holds.
import type { Fleet, Worker } from "../../fleet/index.ts";
import { type Refusal, refusal, unknownModel } from "../refusal.ts";
import type { Adapter, ModelNames } from "./model-names.ts";
import type { AdapterLoader } from "./adapter-loader.ts";

/** What a request needs of its workers. */
export interface Wanted {
  readonly model: string;
  /** Undefined for the model itself: all its workers have that. */
  readonly adapter?: string | undefined;
}

export interface Adapters {
  /** By name: stated ones, and those that only a worker has told of. */
  find(name: string): Adapter | undefined;
  list(): readonly Adapter[];
  /** Nobody who may be used holds it: has it loaded where that is allowed. `refuse` hears when it will not come. */
  want(wanted: Wanted, refuse: (refused: Refusal) => void): void;
  /** A worker answered that there is no such model: it is asked what it holds. */
  doubt(worker: string): void;
}

interface AdaptersOptions {
  readonly fleet: Fleet;
  readonly names: ModelNames;
  readonly loader: AdapterLoader;
}

/** Of `workers` those that can serve the request; all for the model itself. */
export function holdersOf({ adapter }: Pick<Wanted, "adapter">, workers: readonly Worker[]): readonly Worker[] {
  if (adapter === undefined) return workers;
  const holders = workers.filter((worker) => holds(worker, adapter));
  // A request that is split needs it on both sides.
  return lackingRoles(adapter, workers).length === 0 ? holders : [];
}

export function adapters({ fleet, names, loader }: AdaptersOptions): Adapters {
  let held: ReadonlyMap<string, Adapter> | undefined;
  fleet.onChange(() => {
    held = undefined;
  });

  /** What workers told, also those that are down now. */
  function told(): ReadonlyMap<string, Adapter> {
    held ??= new Map(
      fleet
        .workers()
        .filter(({ arm }) => arm === undefined)
        .flatMap(({ model, facts }) => (facts.adapters ?? []).map((name) => [name, { name, model, load: false }])),
    );
    return held;
  }

  return {
    find: (name) => names.adapter(name) ?? told().get(name),
    list() {
      const stated = names.adapters();
      const others = [...told().values()].filter(({ name }) => names.adapter(name) === undefined);
      return [...stated, ...others];
    },
    want({ model, adapter: name }, refuse) {
      const adapter = name === undefined ? undefined : (names.adapter(name) ?? told().get(name));
      const workers = fleet.eligible(model, "any");
      if (name === undefined) return;
      const lacking = lackingRoles(name, workers);
      if (lacking.length === 0) return;
      if (adapter?.load !== true || adapter.path === undefined) return refuse(unknownModel(name));
      const { path } = adapter;
      for (const role of lacking) {
        const among = workers.filter((one) => one.role === role);
        void loader.load({ name, path }, among).then((loaded) => {
          if (!loaded.ok) refuse(notLoaded(name, loaded.retryAfterMs));
        });
      }
    },
    doubt: (worker) => void fleet.refresh?.(worker),
  };
}

function holds({ facts }: Worker, adapter: string): boolean {
  return facts.adapters?.includes(adapter) === true;
}

/** Roles among the workers of which none holds it. */
function lackingRoles(adapter: string, workers: readonly Worker[]): readonly Worker["role"][] {
  const roles = new Set(workers.map(({ role }) => role));
  for (const worker of workers) if (holds(worker, adapter)) roles.delete(worker.role);
  return [...roles];
}

function notLoaded(name: string, retryAfterMs: number): Refusal {
  const headers = { "retry-after": String(Math.max(1, Math.ceil(retryAfterMs / 1000))) };
  return refusal(503, `The adapter \`${name}\` could not be loaded.`, { headers });
}
