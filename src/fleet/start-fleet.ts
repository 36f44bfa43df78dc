// Watches the workers that the deployments name and answers who may get a request.
import type { Clock } from "../core/index.ts";
import type { Fleet } from "./fleet.ts";
import { type Member, member } from "./member.ts";
import type { Role, Worker } from "./worker.ts";
import type { WorkerSpec } from "./worker-spec.ts";

export interface FleetOptions {
  readonly workers: readonly WorkerSpec[];
  readonly clock: Clock;
}

export function startFleet({ workers: specs, clock }: FleetOptions): Fleet {
  const listeners: ((worker: Worker) => void)[] = [];
  // Read for each request, so kept ready and made anew only when a state changes.
  const pools = new Map<string, readonly Worker[]>();

  const members = new Map<string, Member>();
  for (const spec of specs) members.set(spec.id, member({ spec, clock, onChange: changed }));
  const all = [...members.values()].map((one) => one.worker);
  const models = modelTable(specs);

  function changed(worker: Worker): void {
    pools.clear();
    for (const listener of listeners) listener(worker);
  }

  function eligible(model: string, role: Role): readonly Worker[] {
    const key = `${role} ${model}`;
    const known = pools.get(key);
    if (known) return known;
    const base = models.get(model);
    if (base === undefined) return [];
    const pool = usable(all.filter((one) => one.model === base && one.role === role));
    pools.set(key, pool);
    return pool;
  }

  function setDraining(id: string, draining: boolean): boolean {
    const found = members.get(id);
    found?.setDraining(draining);
    return found !== undefined;
  }

  return {
    workers: () => all,
    models: () => [...models.keys()],
    eligible,
    mismatches: (id) => members.get(id)?.mismatches ?? [],
    report: (worker, outcome) => members.get(worker.id)?.report(outcome),
    drain: (id) => setDraining(id, true),
    undrain: (id) => setDraining(id, false),
    onChange: (listener) => void listeners.push(listener),
    close: async () => {
      await Promise.all([...members.values()].map((one) => one.close()));
    },
  };
}

/** Ready ones; with none, the suspect ones that could serve: a doubtful worker beats a refusal. */
function usable(pool: readonly Worker[]): readonly Worker[] {
  const ready = pool.filter((one) => one.state === "ready");
  return ready.length > 0 ? ready : pool.filter((one) => one.state === "suspect" && serves(one));
}

function serves(worker: Worker): boolean {
  const { servedModels } = worker.facts;
  return servedModels.length === 0 || servedModels.includes(worker.model);
}

function modelTable(specs: readonly WorkerSpec[]): ReadonlyMap<string, string> {
  return new Map(specs.flatMap(({ model, aliases }) => [model, ...aliases].map((name) => [name, model] as const)));
}
