// A worker's KV event publisher with a replay socket, for tests of who listens; closed after each test.
import { Publisher, Router } from "zeromq";
import {
  encodeKvEventBatch,
  type KvEvent,
  type KvEventEncoding,
  kvEventFrames,
  parseReplayRequest,
  replayEnd,
  replayReply,
} from "../../src/vllm/index.ts";
import { closeAfterTest } from "../core/closing.ts";

/** A port that was just closed may stay taken for a moment: ZMQ lets go of it in a thread of its own. */
async function bindTo(socket: Publisher | Router, address: string): Promise<void> {
  const end = performance.now() + 2000;
  for (;;) {
    try {
      return await socket.bind(address);
    } catch (error) {
      if (performance.now() > end) throw error;
      await new Promise((next) => void setTimeout(next, 10));
    }
  }
}

/** A worker's publisher with a replay socket; `lose` numbers a batch and sends it nowhere. */
export async function publisher(
  options: { port?: string; replayPort?: string; replay?: boolean; encoding?: KvEventEncoding } = {},
) {
  const socket = new Publisher({ linger: 0 });
  const router = new Router({ linger: 0 });
  await bindTo(socket, options.port ?? "tcp://127.0.0.1:*");
  await bindTo(router, options.replayPort ?? "tcp://127.0.0.1:*");
  const kept: { sequence: number; payload: Uint8Array }[] = [];
  const requests: number[] = [];
  let sequence = 0;
  const born = Date.now() / 1000;

  async function answer(): Promise<void> {
    for await (const [client, ...frames] of router) {
      const start = Number(parseReplayRequest(frames));
      requests.push(start);
      if (options.replay === false || client === undefined) continue;
      for (const one of kept.filter((one) => one.sequence >= start)) {
        const message = { topic: "kv", sequence: BigInt(one.sequence), payload: Buffer.from(one.payload) };
        await router.send([client, ...replayReply(message)]);
      }
      await router.send([client, ...replayEnd()]);
    }
  }
  answer().catch(() => undefined);

  function encode(events: KvEvent[]): Uint8Array {
    const batch = { timestamp: born + sequence / 1000, events, dataParallelRank: null };
    return encodeKvEventBatch(batch, options.encoding ?? "map");
  }

  function close(): void {
    if (!socket.closed) socket.close();
    if (!router.closed) router.close();
  }
  closeAfterTest(close);
  return {
    endpoint: socket.lastEndpoint ?? "",
    replayEndpoint: router.lastEndpoint ?? "",
    requests,
    close,
    async publish(...events: KvEvent[]) {
      const payload = encode(events);
      kept.push({ sequence, payload });
      await socket.send(kvEventFrames("kv", BigInt(sequence++), payload));
    },
    /** In the replay buffer, not on the wire. */
    miss(...events: KvEvent[]) {
      kept.push({ sequence, payload: encode(events) });
      sequence++;
    },
    async sendRaw(payload: Uint8Array) {
      await socket.send(kvEventFrames("kv", BigInt(sequence++), payload));
    },
    async publishAs(topic: string, ...events: KvEvent[]) {
      await socket.send(kvEventFrames(topic, BigInt(sequence++), encode(events)));
    },
    lose: () => sequence++,
    last: () => sequence - 1,
  };
}

export type EventPublisher = Awaited<ReturnType<typeof publisher>>;
