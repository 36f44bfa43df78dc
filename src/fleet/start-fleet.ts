// Watches the workers that the deployments name and answers who may get a request.
import type { Clock, Timer } from "../core/index.ts";
import { mayBeEjected } from "./breaker.ts";
import type { ChangingFleet, NamedModel } from "./fleet.ts";
import { type Member, member } from "./member.ts";
import { ramps } from "./ramp-up.ts";
import type { Role, Worker } from "./worker.ts";
import type { WorkerSpec } from "./worker-spec.ts";

export interface FleetOptions {
  readonly workers: readonly WorkerSpec[];
  readonly clock: Clock;
  /** How long requests may go on at a worker that is drained or taken out; default: as long as they like. */
  readonly leaveTimeoutMs?: () => number;
}

const LEAVE_LOOK_MS = 250;
/** A worker that was taken out still serves while nothing else of its model can, but no longer than this. */
const LEAVE_LIMIT_MS = 60_000;

export function startFleet({ workers: specs, clock, leaveTimeoutMs }: FleetOptions): ChangingFleet {
  const listeners: ((worker: Worker) => void)[] = [];
  // Read for each request, so kept ready and made anew only when a state changes.
  const pools = new Map<string, readonly Worker[]>();
  const ejections = new Map<string, readonly string[]>();
  const members = new Map<string, Member>();
  /** By id: when it was taken out. */
  const leaving = new Map<string, number>();
  const ramping = ramps(clock);
  let all: readonly Worker[] = [];
  let models: ReadonlyMap<string, string> = modelTable(specs);
  let planned = specs;
  let looking: Timer | undefined;

  for (const spec of specs) members.set(spec.id, member({ spec, clock, onChange: changed, onTrial: forgetPools }));
  all = [...members.values()].map((one) => one.worker);

  function forgetPools(): void {
    pools.clear();
    ejections.clear();
  }

  function ejected(model: string): readonly string[] {
    let ids = ejections.get(model);
    if (ids === undefined) {
      const base = models.get(model);
      ids = all.filter((one) => one.model === base && (one.breaker ?? "closed") !== "closed").map(({ id }) => id);
      ejections.set(model, ids);
    }
    return ids;
  }

  function changed(worker: Worker): void {
    forgetPools();
    if (worker.state === "ready") ramping.ready(worker.id);
    for (const listener of listeners) listener(worker);
  }

  function eligible(model: string, role: Role | "any"): readonly Worker[] {
    return ramping.of(poolOf(model, role));
  }

  function poolOf(model: string, role: Role | "any"): readonly Worker[] {
    const key = `${role} ${model}`;
    const known = pools.get(key);
    if (known) return known;
    const base = models.get(model);
    if (base === undefined) return [];
    const own = all.filter(
      (one) => one.arm === undefined && one.model === base && (role === "any" || one.role === role),
    );
    const pool = usableOf(own, {
      leaves: (one) => leaving.has(one.id) && members.get(one.id)?.couldServe === true,
      wantsTrial: (one) => members.get(one.id)?.wantsTrial === true,
    });
    pools.set(key, pool);
    return pool;
  }

  function setDraining(id: string, draining: boolean, deadlineMs?: number): boolean {
    const found = leaving.has(id) ? undefined : members.get(id);
    found?.setDraining(draining, leaveAt(deadlineMs));
    return found !== undefined;
  }

  function leaveAt(deadlineMs = leaveTimeoutMs?.()): number | undefined {
    return deadlineMs === undefined ? undefined : clock.now() + deadlineMs;
  }

  /** Never does what legs show leave less than half of a pool. */
  function mayEject(worker: Worker): boolean {
    const pool = all.filter(
      ({ model, role, arm, state }) =>
        model === worker.model && role === worker.role && arm === worker.arm && state !== "draining",
    );
    const out = pool.filter((one) => one.id !== worker.id && one.state !== "ready");
    return out.length < mayBeEjected(pool.length);
  }

  function apply(next: readonly WorkerSpec[], named: readonly NamedModel[] = []): void {
    const wanted = new Set(next.map(({ id }) => id));
    models = modelTable([...next, ...named]);
    planned = next;
    const gone = [...members].filter(([id]) => !wanted.has(id) && !leaving.has(id));
    for (const [id] of gone) leaving.set(id, clock.now());
    const added = next.filter(({ id }) => !members.has(id));
    for (const spec of added) {
      const successorOf = gone.map(([, { worker }]) => worker).find((one) => sameServer(one, spec));
      members.set(spec.id, member({ spec, clock, onChange: changed, onTrial: forgetPools, successorOf }));
    }
    all = [...members.values()].map((one) => one.worker);
    forgetPools();
    for (const { id, warmupMs } of added) {
      ramping.joined(id, warmupMs);
      const found = members.get(id);
      // Listeners have not met it yet.
      if (found) changed(found.worker);
    }
    for (const [, one] of gone) one.retire(leaveAt());
    look();
  }

  function look(): void {
    looking?.cancel();
    looking = undefined;
    for (const [id, since] of leaving) {
      const found = members.get(id);
      if (found?.retire() && (hasHeir(found.worker) || clock.now() - since > LEAVE_LIMIT_MS)) remove(id, found);
    }
    if (leaving.size > 0) looking = clock.after(LEAVE_LOOK_MS, look);
  }

  /** True too when nobody is to come in its place. */
  function hasHeir({ model, role }: Worker): boolean {
    if (!planned.some((one) => one.model === model && one.role === role)) return true;
    return all.some((one) => one.model === model && one.role === role && one.state === "ready");
  }

  function remove(id: string, one: Member): void {
    leaving.delete(id);
    members.delete(id);
    ramping.left(id);
    all = [...members.values()].map((one) => one.worker);
    void one.close();
    changed(one.worker);
  }

  return {
    workers: () => all,
    models: () => [...models.keys()],
    eligible,
    ejected,
    sleeps: (model) => models.has(model) && !planned.some((one) => one.model === models.get(model)),
    mismatches: (id) => members.get(id)?.mismatches ?? [],
    report(worker, outcome) {
      const found = members.get(worker.id);
      // Most legs are well, and then nothing is counted over the pool.
      found?.report(outcome, outcome === "ok" || outcome === "overloaded" || mayEject(worker));
    },
    drain: (id, deadlineMs) => setDraining(id, true, deadlineMs),
    undrain: (id) => setDraining(id, false),
    onChange: (listener) => void listeners.push(listener),
    refresh: async (id) => members.get(id)?.refresh(),
    apply,
    close: async () => {
      looking?.cancel();
      await Promise.all([...members.values()].map((one) => one.close()));
    },
  };
}

interface Usable {
  readonly leaves: (one: Worker) => boolean;
  readonly wantsTrial: (one: Worker) => boolean;
}

/**
 * Ready ones and those whose breaker lets one request through; with none, those about to leave, then the suspect ones that
 * could serve: a doubtful worker beats a refusal.
 */
function usableOf(pool: readonly Worker[], { leaves, wantsTrial }: Usable): readonly Worker[] {
  const ready = pool.filter((one) => one.state === "ready" || wantsTrial(one));
  if (ready.length > 0) return ready;
  const last = pool.filter(leaves);
  return last.length > 0 ? last : pool.filter((one) => one.state === "suspect" && serves(one));
}

function sameServer(worker: Worker, { model, role, origin, basePath }: WorkerSpec): boolean {
  return worker.model === model && worker.role === role && worker.origin === origin && worker.basePath === basePath;
}

function serves(worker: Worker): boolean {
  const { servedModels } = worker.facts;
  return servedModels.length === 0 || servedModels.includes(worker.model);
}

function modelTable(
  specs: readonly (NamedModel & { readonly arm?: string | undefined })[],
): ReadonlyMap<string, string> {
  const named = specs.filter(({ arm }) => arm === undefined);
  return new Map(named.flatMap(({ model, aliases }) => [model, ...aliases].map((name) => [name, model] as const)));
}
