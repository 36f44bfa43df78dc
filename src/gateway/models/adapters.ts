// LoRA adapters at the workers: who holds which, and the loading of one that nobody holds.
import type { Fleet } from "../../fleet/index.ts";
import { type Refusal, refusal, unknownModel } from "../refusal.ts";
import type { Adapter, ModelNames } from "./model-names.ts";
import type { AdapterLoader } from "./adapter-loader.ts";
import { lackingRoles, spreadTo, workersFor } from "./holders.ts";

/** What a request needs of its workers. */
export interface Wanted {
  readonly model: string;
  /** Undefined for the model itself: all its workers have that. */
  readonly adapter?: string | undefined;
  /** Ids of workers that failed the request: it does not wait for them. */
  readonly lost?: ReadonlySet<string>;
}

export interface Adapters {
  /** By name: stated ones, and those that only a worker has told of. */
  find(name: string): Adapter | undefined;
  list(): readonly Adapter[];
  mayLoad(name: string): boolean;
  /** Nobody who may be used holds it: has it loaded where that is allowed. `refuse` hears when it will not come. */
  want(wanted: Wanted, refuse: (refused: Refusal) => void): void;
  /** A request for it is on its way: where its holders are busy, one more worker has it loaded, for those that come later. */
  asked(wanted: Wanted): void;
  /** A worker answered that there is no such model: it is asked what it holds. */
  doubt(worker: string): void;
}

interface AdaptersOptions {
  readonly fleet: Fleet;
  readonly names: ModelNames;
  readonly loader: AdapterLoader;
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

  /** Its path, where the gateway may have it loaded. */
  function loadable(name: string): string | undefined {
    const { load = false, path } = names.adapter(name) ?? {};
    return load ? path : undefined;
  }

  return {
    find: (name) => names.adapter(name) ?? told().get(name),
    list() {
      const stated = names.adapters();
      const others = [...told().values()].filter(({ name }) => names.adapter(name) === undefined);
      return [...stated, ...others];
    },
    mayLoad: (name) => loadable(name) !== undefined,
    want({ model, adapter: name, lost }, refuse) {
      if (name === undefined) return;
      const workers = workersFor(fleet, model, lost);
      const lacking = lackingRoles(name, workers);
      if (lacking.length === 0) return;
      const path = loadable(name);
      // One whose holder is down exists.
      if (path === undefined) return told().has(name) ? undefined : refuse(unknownModel(name));
      for (const role of lacking) {
        const among = workers.filter((one) => one.role === role);
        void loader.load({ name, path }, among).then((loaded) => {
          if (!loaded.ok) refuse(notLoaded(name, loaded.retryAfterMs));
        });
      }
    },
    asked({ model, adapter: name }) {
      const path = name === undefined ? undefined : loadable(name);
      if (name === undefined || path === undefined) return;
      const idle = spreadTo(name, fleet.eligible(model, "any"));
      if (idle.length > 0) void loader.load({ name, path }, idle);
    },
    doubt: (worker) => void fleet.refresh?.(worker),
  };
}

function notLoaded(name: string, retryAfterMs: number): Refusal {
  const headers = { "retry-after": String(Math.max(1, Math.ceil(retryAfterMs / 1000))) };
  return refusal(503, `The adapter \`${name}\` could not be loaded.`, { headers });
}
