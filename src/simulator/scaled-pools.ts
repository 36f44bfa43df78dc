// Pools that change their size while a simulation runs: workers are ordered, start, serve, drain and leave.
import { seededRandom } from "../core/index.ts";
import { stepNoise } from "../engine/offline.ts";
import { poolWatch, type PoolWatch } from "./pool-watch.ts";
import type { ScaleRule, ScaleWish, ScrapedWorker } from "./scale-rule.ts";
import type { SimulatedRequest } from "./simulated-request.ts";
import type { SimulatedWorker } from "./simulated-worker.ts";
import type { Timers } from "./timers.ts";

export interface SimulatedScaling {
  /** A request belongs to the pool of its plan's number, default 0. */
  readonly pools: readonly ScaledPool[];
  /** Lognormal: median, and σ of the logarithm. */
  readonly startUpMs: number;
  readonly startUpSigma: number;
  /** Share of scrapes that are lost. */
  readonly scrapeLoss: number;
  /** Workers of all pools that may be there at once, draining ones too. Default all of the simulation. */
  readonly mostWorkers?: number | undefined;
}

export interface ScaledPool {
  /** Numbers of the workers that it may have. */
  readonly workers: readonly number[];
  /** Ready at the start. */
  readonly initial: number;
  readonly rule: ScaleRule;
}

export interface ScaleEvent {
  readonly atMs: number;
  readonly pool: number;
  /** Workers that serve or start. */
  readonly from: number;
  readonly to: number;
}

export interface ScalingRecord {
  readonly events: readonly ScaleEvent[];
  /** When workers were taken away. */
  readonly drains: readonly { readonly worker: number; readonly atMs: number }[];
  /** Time that workers were paid for up to then, from the order to the end. */
  paidMs(untilMs: number): number;
}

export interface ScaledPools extends ScalingRecord {
  arrived(request: SimulatedRequest): void;
  ended(request: SimulatedRequest): void;
  /** Those that requests may be sent to; undefined when none of the pool is ready. */
  among(request: SimulatedRequest): readonly SimulatedWorker[] | undefined;
}

export interface ScaledPoolsParts {
  readonly scaling: SimulatedScaling;
  readonly workers: readonly SimulatedWorker[];
  readonly seed: string;
  readonly timers: Timers;
  readonly forget: (worker: number) => void;
  readonly lost: (requests: readonly SimulatedRequest[], worker: SimulatedWorker, atMs: number) => void;
  readonly isBack: (atMs: number) => void;
}

type SlotState = "off" | "starting" | "ready" | "draining";

/** One worker's place in a pool. */
interface Slot {
  readonly worker: SimulatedWorker;
  state: SlotState;
  /** Since when it is paid for. */
  sinceMs: number;
  /** An order that was taken back does not become ready. */
  order: number;
  scraped: ScrapedWorker;
}

const DRAIN_LOOK_MS = 1000;

export function scaledPools(parts: ScaledPoolsParts): ScaledPools {
  const { scaling, workers, seed, timers, forget, lost, isBack } = parts;
  const spread = stepNoise(seededRandom(`${seed} pool start-ups`), scaling.startUpSigma);
  const random = seededRandom(`${seed} scrapes`);
  const events: ScaleEvent[] = [];
  const drains: { worker: number; atMs: number }[] = [];
  const paid: { fromMs: number; toMs: number }[] = [];
  const pools = scaling.pools.map((pool, number) => ({
    ...pool,
    number,
    watch: poolWatch(),
    slots: pool.workers.map((one) => slotOf(workers, one)),
    ready: [] as readonly SimulatedWorker[],
  }));
  type Pool = (typeof pools)[number];

  function refresh(pool: Pool): void {
    pool.ready = pool.slots.filter(({ state }) => state === "ready").map(({ worker }) => worker);
  }

  function makeReady(pool: Pool, slot: Slot): void {
    slot.state = "ready";
    slot.worker.isUp = true;
    slot.worker.isSeenUp = true;
    refresh(pool);
  }

  function start(pool: Pool, slot: Slot, nowMs: number): void {
    slot.state = "starting";
    slot.sinceMs = nowMs;
    const order = ++slot.order;
    const readyAt = nowMs + scaling.startUpMs * spread();
    timers.at(readyAt, () => {
      if (slot.order !== order || slot.state !== "starting") return;
      makeReady(pool, slot);
      isBack(readyAt);
    });
  }

  function stop(slot: Slot, nowMs: number): void {
    paid.push({ fromMs: slot.sinceMs, toMs: nowMs });
    slot.state = "off";
    slot.order++;
    slot.scraped = unseen(slot.worker);
    const requests = slot.worker.fail(nowMs);
    slot.worker.isSeenUp = false;
    forget(slot.worker.number);
    lost(requests, slot.worker, nowMs);
  }

  function takeAway(pool: Pool, slot: Slot, nowMs: number): void {
    if (slot.state === "starting") return stop(slot, nowMs);
    drains.push({ worker: slot.worker.number, atMs: nowMs });
    slot.state = "draining";
    slot.worker.isSeenUp = false;
    refresh(pool);
    const { killAfterMs } = pool.rule;
    if (killAfterMs === undefined) return endWhenIdle(slot, nowMs);
    timers.at(nowMs + killAfterMs, () => stop(slot, nowMs + killAfterMs));
  }

  function endWhenIdle(slot: Slot, nowMs: number): void {
    const { running, waiting } = slot.worker.core.stats();
    if (running + waiting === 0) return stop(slot, nowMs);
    timers.at(nowMs + DRAIN_LOOK_MS, () => endWhenIdle(slot, nowMs + DRAIN_LOOK_MS));
  }

  function present(): number {
    return pools.reduce((sum, { slots }) => sum + slots.filter(({ state }) => state !== "off").length, 0);
  }

  function apply(pool: Pool, { target, drain = [] }: ScaleWish, nowMs: number): void {
    const there = pool.slots.filter(({ state }) => state === "starting" || state === "ready");
    const before = there.length;
    for (const slot of leavers(there, before - target, drain)) takeAway(pool, slot, nowMs);
    const room = (scaling.mostWorkers ?? workers.length) - present();
    const free = pool.slots.filter(({ state }) => state === "off");
    const more = free.slice(0, Math.max(0, Math.min(target - before, room)));
    for (const slot of more) start(pool, slot, nowMs);
    const after = pool.slots.filter(({ state }) => state === "starting" || state === "ready").length;
    if (after !== before) events.push({ atMs: nowMs, pool: pool.number, from: before, to: after });
  }

  function scrape({ slots }: Pool, nowMs: number): ScrapedWorker[] {
    const there = slots.filter(({ state }) => state !== "off");
    for (const slot of there) {
      const isLost = random.next() < scaling.scrapeLoss;
      slot.scraped = isLost || slot.state !== "ready" ? { ...slot.scraped, state: stateOf(slot) } : read(slot, nowMs);
    }
    return there.map(({ scraped }) => scraped);
  }

  function look(pool: Pool, nowMs: number): void {
    const seen = {
      workers: scrape(pool, nowMs),
      demand: pool.watch.demand(nowMs),
      observed: pool.watch.observed(nowMs),
    };
    apply(pool, pool.rule.decide(seen, nowMs), nowMs);
    timers.at(nowMs + pool.rule.intervalMs, () => look(pool, nowMs + pool.rule.intervalMs));
  }

  for (const pool of pools) {
    for (const [i, slot] of pool.slots.entries()) {
      slot.worker.isUp = false;
      slot.worker.isSeenUp = false;
      if (i < pool.initial) makeReady(pool, slot);
    }
    timers.at(pool.rule.intervalMs, () => look(pool, pool.rule.intervalMs));
  }
  const poolOf = (request: SimulatedRequest): { readonly watch: PoolWatch; readonly ready: Pool["ready"] } =>
    pools[request.pool] ?? nothing();

  return {
    arrived: (request) => poolOf(request).watch.arrived(request),
    ended: (request) => poolOf(request).watch.ended(request),
    among(request) {
      const { ready } = poolOf(request);
      return ready.length === 0 ? undefined : ready;
    },
    events,
    drains,
    paidMs(untilMs) {
      const open = pools.flatMap(({ slots }) => slots.filter(({ state }) => state !== "off"));
      const all = [...paid, ...open.map(({ sinceMs }) => ({ fromMs: sinceMs, toMs: untilMs }))];
      return all.reduce((sum, { fromMs, toMs }) => sum + Math.max(0, Math.min(toMs, untilMs) - fromMs), 0);
    },
  };
}

/** The named ones first, then what starts, then the highest numbers. */
function leavers(there: readonly Slot[], count: number, named: readonly string[]): readonly Slot[] {
  const rank = ({ worker, state }: Slot): number =>
    named.includes(worker.worker.id) ? 0 : state === "starting" ? 1 : 2;
  const ordered = there.toSorted((a, b) => rank(a) - rank(b) || b.worker.number - a.worker.number);
  return ordered.slice(0, Math.max(0, count));
}

function slotOf(workers: readonly SimulatedWorker[], number: number): Slot {
  const worker = workers[number] ?? nothing();
  return { worker, state: "off", sinceMs: 0, order: 0, scraped: unseen(worker) };
}

function unseen({ worker }: SimulatedWorker): ScrapedWorker {
  return { id: worker.id, state: "starting", seenAt: undefined, waiting: 0, running: 0, kvUsage: 0, lossCost: 0 };
}

function read(slot: Slot, nowMs: number): ScrapedWorker {
  const { running, waiting, kvUsage } = slot.worker.core.stats();
  const { id } = slot.worker.worker;
  return { id, state: stateOf(slot), seenAt: nowMs, waiting, running, kvUsage, lossCost: running + waiting };
}

function stateOf({ state }: Slot): "starting" | "ready" | "draining" {
  return state === "off" ? "starting" : state;
}

function nothing(): never {
  throw new RangeError("a pool or a worker that the simulation does not have");
}
