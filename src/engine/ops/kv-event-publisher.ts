// Publishes KV events as vLLM does: ZMQ PUB with topic, sequence number and payload, and a replay socket beside it.
import { Publisher, Router } from "zeromq";
import { SwitchgearError } from "../../core/index.ts";
import { kvEventFrames, parseReplayRequest, replayEnd, replayReply } from "../../vllm/index.ts";
import type { KvEventsConfig } from "./kv-events-config.ts";
import { replayBuffer, type ReplayBuffer } from "./replay-buffer.ts";

export interface KvEventPublisher {
  /** The endpoints in use; a port of 0 or * is replaced by the real one. */
  readonly bound: Pick<KvEventsConfig, "endpoint" | "replayEndpoint">;
  /** The number that the next batch gets. */
  readonly nextSequence: number;
  /** Takes the next number and sends. Never waits: what does not fit into the queue is lost, as a gap. */
  publish(payload: Uint8Array): void;
  /** Takes the next number and sends nothing: a lost batch. */
  lose(): void;
  /** While it says true the replay socket does not answer. */
  silenceReplayWhile(silent: () => boolean): void;
  close(): void;
}

export async function startKvEventPublisher(config: KvEventsConfig): Promise<KvEventPublisher> {
  const { topic } = config;
  const socket = new Publisher({ sendHighWaterMark: config.hwm, linger: 0 });
  const endpoint = await open(socket, config.endpoint);
  const buffer = replayBuffer(config.bufferSteps);
  const router = config.replayEndpoint === undefined ? undefined : new Router({ linger: 0, sendHighWaterMark: 0 });
  const replay = router && (await startReplay(router));
  const queue: Buffer[][] = [];
  let sending = false;
  let closed = false;
  let next = 0;
  let silent = () => false;

  return {
    bound: { endpoint, replayEndpoint: replay },
    get nextSequence() {
      return next;
    },
    publish(payload) {
      const sequence = next++;
      buffer.keep(sequence, payload);
      if (closed || queue.length >= config.maxQueueSize) return;
      queue.push(kvEventFrames(topic, BigInt(sequence), payload));
      if (!sending) void pump();
    },
    lose: () => void next++,
    silenceReplayWhile: (asked) => {
      silent = asked;
    },
    close() {
      closed = true;
      socket.close();
      router?.close();
    },
  };

  /** ZMQ takes one send at a time; a PUB socket drops for slow subscribers rather than waits. */
  async function pump(): Promise<void> {
    sending = true;
    // Once the socket is closed a send fails, and the queue runs empty.
    for (let frames = queue.shift(); frames; frames = queue.shift()) {
      await socket.send(frames).catch(() => undefined);
    }
    sending = false;
  }

  async function startReplay(router: Router): Promise<string | undefined> {
    if (config.replayEndpoint === undefined) return undefined;
    await bind(router, config.replayEndpoint);
    void serve(router);
    return shownEndpoint(config.replayEndpoint, router.lastEndpoint);
  }

  async function serve(router: Router): Promise<void> {
    try {
      for await (const [client, ...frames] of router) {
        const start = parseReplayRequest(frames);
        if (silent() || !client || start === undefined) continue;
        await answerReplay({ router, client, topic, buffer }, Number(start));
      }
    } catch {
      // The socket was closed while it waited.
    }
  }
}

interface Replay {
  readonly router: Router;
  readonly client: Buffer;
  readonly topic: string;
  readonly buffer: ReplayBuffer;
}

async function answerReplay({ router, client, topic, buffer }: Replay, start: number): Promise<void> {
  for (const { sequence, payload } of buffer.from(start)) {
    await router.send([client, ...replayReply({ topic, sequence: BigInt(sequence), payload: Buffer.from(payload) })]);
  }
  await router.send([client, ...replayEnd()]);
}

/** vLLM binds what names no single host, and connects otherwise (many workers to one collector). */
async function open(socket: Publisher, endpoint: string): Promise<string> {
  if (!/\*|::|^ipc:|^inproc:/.test(endpoint)) {
    socket.connect(endpoint);
    return endpoint;
  }
  await bind(socket, endpoint);
  return shownEndpoint(endpoint, socket.lastEndpoint);
}

async function bind(socket: Publisher | Router, endpoint: string): Promise<void> {
  try {
    await socket.bind(endpoint);
  } catch (cause) {
    const details = { value: endpoint, where: "--kv-events-config", expected: "a free endpoint of this host", cause };
    throw new SwitchgearError(
      "SWG_PORT_IN_USE",
      `the KV event endpoint ${endpoint} cannot be bound: ${String(cause)}`,
      details,
    );
  }
}

function shownEndpoint(configured: string, last: string | null): string {
  const port = last?.match(/:(\d+)$/)?.[1];
  return port === undefined ? configured : configured.replace(/:(\*|0)$/, `:${port}`);
}
