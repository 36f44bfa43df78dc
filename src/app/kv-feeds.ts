// Keeps one KV event feed for each worker that publishes events, as workers come, move and go.
import type { Deployment } from "../config/index.ts";
import type { Clock, Timer } from "../core/index.ts";
import type { Fleet, KvEventSource, Worker } from "../fleet/index.ts";
import {
  type EventPosition,
  type KvEventFeed,
  type KvEventFeedStatus,
  type KvIndex,
  startKvEventFeed,
} from "../kvindex/index.ts";
import type { Log } from "../telemetry/index.ts";

export interface KvFeeds {
  /** From now on these are the deployments. */
  update(deployments: readonly Deployment[]): void;
  /** By worker; workers without events are not in it. */
  status(): Readonly<Record<string, KvEventFeedStatus & { readonly endpoint: string }>>;
  /** What of the worker's events is in the index. */
  position(worker: string): EventPosition | undefined;
  close(): Promise<void>;
}

export interface KvFeedsOptions {
  readonly deployments: readonly Deployment[];
  readonly fleet: Fleet;
  readonly index: KvIndex;
  readonly clock: Clock;
  readonly log: Log;
  /** By worker: events that the index knows already, from another gateway. */
  readonly startAt?: Map<string, EventPosition>;
}

interface OpenFeed {
  readonly source: KvEventSource;
  readonly feed: KvEventFeed;
}

const SWEEP_EVERY_MS = 1000;

export function kvFeeds({ deployments, fleet, index, clock, log, startAt }: KvFeedsOptions): KvFeeds {
  const open = new Map<string, OpenFeed>();
  let wanted = followed(deployments);
  let closing = false;
  let sweeping: Timer = clock.after(SWEEP_EVERY_MS, sweep);

  function sweep(): void {
    index.sweep(clock.now());
    sweeping = clock.after(SWEEP_EVERY_MS, sweep);
  }

  function follow(worker: Worker): void {
    if (!fleet.workers().includes(worker)) return leave(worker.id);
    const source = worker.facts.kvEvents;
    const known = open.get(worker.id);
    // A feed finds out by itself that its engine was restarted; without one, what died is believed to hold nothing.
    if (worker.state === "dead" && known === undefined) index.drop(worker.id);
    if (!wanted.has(worker.deployment) || source === undefined || sameSource(known?.source, source)) return;
    if (known !== undefined) void known.feed.close();
    const feed = startKvEventFeed({
      worker: worker.id,
      ...source,
      index,
      clock,
      startAt: startAt?.get(worker.id),
      onChange: logChanges(worker.id, log, () => closing),
    });
    startAt?.delete(worker.id);
    open.set(worker.id, { source, feed });
  }

  function leave(id: string): void {
    void open.get(id)?.feed.close();
    open.delete(id);
    index.drop(id);
  }

  fleet.onChange(follow);
  for (const worker of fleet.workers()) follow(worker);
  return {
    update(next) {
      wanted = followed(next);
      for (const { id, deployment } of fleet.workers()) if (open.has(id) && !wanted.has(deployment)) leave(id);
      for (const worker of fleet.workers()) follow(worker);
    },
    status: () =>
      Object.fromEntries(
        [...open].map(([id, { feed, source }]) => [id, { ...feed.status(), endpoint: source.endpoint }]),
      ),
    position: (worker) => open.get(worker)?.feed.position(),
    async close() {
      closing = true;
      sweeping.cancel();
      await Promise.all([...open.values()].map(({ feed }) => feed.close()));
    },
  };
}

function followed(deployments: readonly Deployment[]): ReadonlySet<string> {
  return new Set(deployments.filter(usesEvents).map(({ name }) => name));
}

/** They do not look at what workers hold. */
const BLIND: ReadonlySet<string> = new Set(["round_robin", "least_loaded", "least_requests", "power_of_two"]);

/** Events carry token ids: without a tokenizer nothing of a request can be compared with them. */
function usesEvents({ routing, tokenizer, pools }: Deployment): boolean {
  const refused = pools.every(
    ({ workers }) => workers.kind === "given" && workers.endpoints.every((one) => one.kvEvents === false),
  );
  return !BLIND.has(routing.algorithm) && tokenizer.source !== "none" && !refused;
}

function sameSource(a: KvEventSource | undefined, b: KvEventSource): boolean {
  return a !== undefined && a.endpoint === b.endpoint && a.replayEndpoint === b.replayEndpoint && a.topic === b.topic;
}

/** One line a change of state, not one an event. */
function logChanges(worker: string, log: Log, closing: () => boolean): (status: KvEventFeedStatus) => void {
  let last: KvEventFeedStatus["state"] | undefined;
  return ({ state, gaps, restarts, drops, undecodable }) => {
    if (state === last || closing()) return;
    last = state;
    const level = state === "live" || state === "replaying" ? "info" : "warn";
    log[level]({ worker, state, gaps, restarts, drops, undecodable }, "KV event feed");
  };
}
