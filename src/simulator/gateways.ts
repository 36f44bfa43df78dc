// Several gateways before one fleet: each with its own books, index and corrections, telling the others what it has in flight, or not.
import { type Random, seededRandom } from "../core/index.ts";
import { loadLedger, type WorkerLoad } from "../fleet/offline.ts";
import type { Policy } from "../routing/index.ts";
import { type Front, front, type FrontOptions } from "./front.ts";
import type { SimulatedRequest } from "./simulated-request.ts";

export interface SimulatedGateways {
  /** One a gateway: policies may remember. */
  readonly policies: readonly Policy[];
  /** As often as the gateways publish their in-flight load; undefined = never. */
  readonly shareEveryMs: number | undefined;
}

/** Each request comes to one of them by chance, as through a balancer that knows nothing. */
export function gateways(options: Omit<FrontOptions, "policy">, { policies, shareEveryMs }: SimulatedGateways): Front {
  const { workers, seed } = options;
  const random: Random = seededRandom(`${seed} balancer`);
  const ledgers = policies.map(() => workers.map(() => loadLedger()));
  const fronts = policies.map((policy, i) =>
    front({ ...options, policy, seed: `${seed} gateway ${i}`, ledgers: ledgers[i], lazy: false }),
  );
  let shareAt = shareEveryMs ?? Number.POSITIVE_INFINITY;

  function frontOf(request: SimulatedRequest): Front {
    const whole = request.owner ?? request;
    whole.gateway ??= random.int(fronts.length);
    return fronts[whole.gateway] ?? nothing();
  }

  /** What was in flight at the last moment of publication; nothing has been sent since. */
  function shareUpTo(nowMs: number): void {
    if (nowMs < shareAt || shareEveryMs === undefined) return;
    const at = nowMs - (nowMs % shareEveryMs);
    shareAt = at + shareEveryMs;
    for (const worker of workers) worker.account(at);
    const loads = ledgers.map((own) => own.map(({ load }) => copyOf(load)));
    for (const [i, own] of ledgers.entries())
      for (const [number, ledger] of own.entries())
        ledger.share(sumOf(loads.filter((_, other) => other !== i).map((one) => one[number])));
  }

  return {
    drives: false,
    route(request, among, nowMs) {
      shareUpTo(nowMs);
      return frontOf(request).route(request, among, nowMs);
    },
    look(request, among, nowMs) {
      shareUpTo(nowMs);
      return frontOf(request).look(request, among, nowMs);
    },
    enter: (request, decision, nowMs) => frontOf(request).enter(request, decision, nowMs),
    pair(request, pools, nowMs) {
      shareUpTo(nowMs);
      return frontOf(request).pair(request, pools, nowMs);
    },
    enterPair: (leg, chosen, nowMs) => frontOf(leg).enterPair(leg, chosen, nowMs),
    events(worker, changes, atMs) {
      for (const one of fronts) one.events(worker, changes, atMs);
    },
    learn: (request) => frontOf(request).learn(request),
    forget(worker) {
      for (const one of fronts) one.forget(worker);
    },
  };
}

function copyOf(load: WorkerLoad): WorkerLoad {
  return { ...load, ...(load.answerAges && { answerAges: Int32Array.from(load.answerAges) }) };
}

function sumOf(loads: readonly (WorkerLoad | undefined)[]): WorkerLoad {
  const known = loads.filter((one) => one !== undefined);
  const sum = (of: (load: WorkerLoad) => number): number => known.reduce((total, one) => total + of(one), 0);
  const ages = new Int32Array(known[0]?.answerAges?.length ?? 0);
  for (let i = 0; i < ages.length; i++) ages[i] = sum(({ answerAges }) => answerAges?.[i] ?? 0);
  return {
    prefillTokens: sum((one) => one.prefillTokens),
    prefillPairs: sum((one) => one.prefillPairs ?? 0),
    prefillRequests: sum((one) => one.prefillRequests),
    decodeRequests: sum((one) => one.decodeRequests),
    contextTokens: sum((one) => one.contextTokens),
    foreignRequests: 0,
    answerAges: ages,
  };
}

function nothing(): never {
  throw new RangeError("a gateway that the simulation does not have");
}
