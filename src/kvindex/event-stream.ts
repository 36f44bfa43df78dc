// Turns the messages of one worker into a gapless series of applied batches, or drops what can no longer be known.
import type { Clock } from "../core/index.ts";
import { decodeKvEventBatch, type KvEventBatch, type KvEventMessage } from "../vllm/index.ts";
import { type EventPosition, eventStep } from "./event-position.ts";
import type { KvIndex } from "./kv-index.ts";

/** Asks for batches from `from` on; false when they did not come completely. */
export type Replay = (from: number, take: (message: KvEventMessage) => void) => Promise<boolean>;

export interface EventCounts {
  /** Batches that did not follow the one before. */
  gaps: number;
  /** Times another engine process was found behind the same address. */
  restarts: number;
  /** Times the worker's entries were given up. */
  drops: number;
  undecodable: number;
  /** Batches that a replay brought. */
  replayed: number;
  batches: number;
}

export interface EventStreamOptions {
  readonly worker: string;
  readonly index: KvIndex;
  readonly clock: Clock;
  /** Undefined when the worker has no replay socket. */
  readonly replay: Replay | undefined;
  /** What the index knows already: up to here, from another process. */
  readonly startAt?: EventPosition | undefined;
}

export interface EventStream {
  readonly counts: Readonly<EventCounts>;
  readonly position: EventPosition | undefined;
  readonly lastSequence: number | undefined;
  readonly lastEventAt: number | undefined;
  readonly isReplaying: boolean;
  /** A batch of the live socket. Calls must not overlap. */
  take(message: KvEventMessage): Promise<void>;
  /** After a (re)connection: fetches what was missed meanwhile and finds a restart. */
  resume(): Promise<void>;
}

export function eventStream({ worker, index, clock, replay, startAt }: EventStreamOptions): EventStream {
  const counts: EventCounts = { gaps: 0, restarts: 0, drops: 0, undecodable: 0, replayed: 0, batches: 0 };
  let position: EventPosition | undefined = startAt;
  let lastEventAt: number | undefined;
  let isReplaying = false;

  function drop(): void {
    if (position === undefined) return;
    counts.drops++;
    index.drop(worker);
    position = undefined;
  }

  /** What could not be read may have been removals: nothing is certain any more. */
  function decode(message: KvEventMessage): KvEventBatch | undefined {
    try {
      return decodeKvEventBatch(message.payload);
    } catch {
      counts.undecodable++;
      return undefined;
    }
  }

  function apply(sequence: number, batch: KvEventBatch | undefined, isLive: boolean): void {
    if (batch === undefined) drop();
    else index.apply(worker, batch, clock.now());
    const timestamp = batch?.timestamp ?? position?.timestamp ?? 0;
    position = { sequence, timestamp, live: isLive ? sequence : (position?.live ?? -1) };
    lastEventAt = clock.now();
    counts.batches++;
  }

  /** Applies a replay from the last known batch on; false when that batch is not the one that was known: another engine. */
  async function pull(ask: Replay): Promise<boolean> {
    const known = position;
    let first: number | undefined;
    let isSame = true;
    const isComplete = await ask(known?.sequence ?? 0, (message) => {
      const sequence = Number(message.sequence);
      const batch = decode(message);
      first ??= sequence;
      if (sequence === known?.sequence) isSame = batch?.timestamp === known.timestamp;
      else if (isSame && sequence > (position?.sequence ?? -1)) applyReplayed(sequence, batch);
    });
    const isBehind = isComplete && known !== undefined && first === undefined;
    return isSame && !isBehind;
  }

  function applyReplayed(sequence: number, batch: KvEventBatch | undefined): void {
    if (position !== undefined && sequence > position.sequence + 1) drop();
    counts.replayed++;
    apply(sequence, batch, false);
  }

  async function refill(): Promise<void> {
    if (replay === undefined) return;
    isReplaying = true;
    if (!(await pull(replay))) {
      counts.restarts++;
      drop();
      await pull(replay);
    }
    isReplaying = false;
  }

  /** What a replay cannot bring back is a hole, and what was known before it is worth nothing. */
  async function bridge(sequence: number): Promise<void> {
    if (position !== undefined) counts.gaps++;
    await refill();
    if (position !== undefined && position.sequence < sequence - 1) drop();
  }

  async function restart(sequence: number): Promise<void> {
    counts.restarts++;
    drop();
    if (sequence > 0) await refill();
  }

  return {
    counts,
    get position() {
      return position;
    },
    get lastSequence() {
      return position?.sequence;
    },
    get lastEventAt() {
      return lastEventAt;
    },
    get isReplaying() {
      return isReplaying;
    },
    async take(message) {
      const sequence = Number(message.sequence);
      const batch = decode(message);
      const timestamp = batch?.timestamp ?? Number.POSITIVE_INFINITY;
      const step = eventStep(position, sequence, timestamp);
      if (step === "gap") await bridge(sequence);
      if (step === "restart") await restart(sequence);
      if (position === undefined || sequence > position.sequence) apply(sequence, batch, true);
    },
    resume: refill,
  };
}
