// One worker's KV events over ZMQ into the index: subscribes, reconnects, replays, and says how it stands.
import type { Subscriber } from "zeromq";
import type { Clock } from "../core/index.ts";
import { type KvEventMessage, parseKvEventFrames } from "../vllm/index.ts";
import type { EventPosition } from "./event-position.ts";
import { replayEvents } from "./event-replay.ts";
import { eventStream } from "./event-stream.ts";
import type { KvIndex } from "./kv-index.ts";

export interface KvEventFeedOptions {
  readonly worker: string;
  /** A ZMQ address to connect to. */
  readonly endpoint: string;
  readonly replayEndpoint?: string | undefined;
  readonly topic: string;
  readonly index: KvIndex;
  readonly clock: Clock;
  /** Longest wait for the next reply of a replay. */
  readonly replayTimeoutMs?: number;
  /** The index knows the events up to here already. */
  readonly startAt?: EventPosition | undefined;
  /** Called after every change of the status. */
  readonly onChange?: (status: KvEventFeedStatus) => void;
}

export interface KvEventFeedStatus {
  /** live · replaying: fetching what was missed · silent: connected, expected events do not come · lost: not connected. */
  readonly state: "live" | "replaying" | "silent" | "lost";
  readonly lastSequence: number | undefined;
  /** By the feed's clock. */
  readonly lastEventAt: number | undefined;
  readonly batches: number;
  readonly gaps: number;
  readonly restarts: number;
  readonly drops: number;
  readonly replayed: number;
  readonly undecodable: number;
}

export interface KvEventFeed {
  status(): KvEventFeedStatus;
  /** What of the worker's events is in the index. */
  position(): EventPosition | undefined;
  /** Idempotent. The worker's entries stay, and age as of a lost stream. */
  close(): Promise<void>;
}

const REPLAY_TIMEOUT_MS = 2000;
/** Notices a peer that vanished without closing. */
const HEARTBEAT = { heartbeatInterval: 5000, heartbeatTimeout: 15_000 };
const RECONNECT = { reconnectInterval: 100, reconnectMaxInterval: 5000 };
/** vLLM's own high water mark. */
const QUEUE = { receiveHighWaterMark: 100_000, linger: 0 };

export function startKvEventFeed(options: KvEventFeedOptions): KvEventFeed {
  const { worker, index, clock, onChange } = options;
  const stream = eventStream({ worker, index, clock, replay: replayOf(options), startAt: options.startAt });
  let isConnected = false;
  let isClosed = false;
  let socket: Subscriber | undefined;
  /** One thing at a time: a replay must be over before the next message counts. */
  let work: Promise<void> = Promise.resolve();
  const running = run();

  function changed(): void {
    onChange?.(status());
  }

  function enqueue(step: () => Promise<void>): Promise<void> {
    work = work.then(step).catch(() => undefined);
    return work.then(changed);
  }

  function connected(): void {
    isConnected = true;
    index.setStream(worker, "live", clock.now());
    void enqueue(() => stream.resume());
  }

  function disconnected(): void {
    if (!isConnected) return;
    isConnected = false;
    index.setStream(worker, "lost", clock.now());
    changed();
  }

  async function run(): Promise<void> {
    const zeromq = await import("zeromq");
    if (isClosed) return;
    socket = new zeromq.Subscriber({ ...HEARTBEAT, ...RECONNECT, ...QUEUE });
    socket.events.on("handshake", connected);
    socket.events.on("disconnect", disconnected);
    socket.subscribe(options.topic);
    socket.connect(options.endpoint);
    await readMessages(socket, (message) => enqueue(() => stream.take(message)));
  }

  function status(): KvEventFeedStatus {
    const { lastSequence, lastEventAt, counts } = stream;
    return { state: stateOf(), lastSequence, lastEventAt, ...counts };
  }

  function stateOf(): KvEventFeedStatus["state"] {
    if (!isConnected) return "lost";
    if (stream.isReplaying) return "replaying";
    return index.streamOf(worker, clock.now()) === "silent" ? "silent" : "live";
  }

  return {
    status,
    position: () => stream.position,
    async close() {
      isClosed = true;
      socket?.close();
      await running.catch(() => undefined);
      await work;
      disconnected();
    },
  };
}

function replayOf({ replayEndpoint, replayTimeoutMs, clock }: KvEventFeedOptions) {
  if (replayEndpoint === undefined) return undefined;
  const request = { endpoint: replayEndpoint, timeoutMs: replayTimeoutMs ?? REPLAY_TIMEOUT_MS, clock };
  return (from: number, take: (message: KvEventMessage) => void) => replayEvents({ ...request, from }, take);
}

/** Until the socket is closed. */
async function readMessages(socket: Subscriber, take: (message: KvEventMessage) => Promise<void>): Promise<void> {
  try {
    for await (const frames of socket) {
      const message = parseKvEventFrames(frames);
      if (message !== undefined) await take(message);
    }
  } catch {
    // Closed while it waited.
  }
}
