// Asks a worker's replay socket for the event batches that were missed, within bounded time.
import type { Dealer } from "zeromq";
import type { Clock } from "../core/index.ts";
import { type KvEventMessage, parseKvEventFrames, REPLAY_END, replayRequest } from "../vllm/index.ts";

export interface ReplayRequest {
  readonly endpoint: string;
  /** First sequence number wanted. */
  readonly from: number;
  /** Longest wait for the next reply. */
  readonly timeoutMs: number;
  readonly clock: Clock;
}

/** Calls `take` for each batch, in order. False when the replies stop before their end mark. */
export async function replayEvents(request: ReplayRequest, take: (message: KvEventMessage) => void): Promise<boolean> {
  const { Dealer } = await import("zeromq");
  const socket = new Dealer({ linger: 0, receiveHighWaterMark: 0, sendTimeout: request.timeoutMs });
  try {
    socket.connect(request.endpoint);
    await socket.send(replayRequest(BigInt(request.from)));
    return await readReplies(socket, request, take);
  } catch {
    // Closed by the timer, or never connected: the caller knows what is missing.
    return false;
  } finally {
    socket.close();
  }
}

async function readReplies(
  socket: Dealer,
  { timeoutMs, clock }: ReplayRequest,
  take: (message: KvEventMessage) => void,
): Promise<boolean> {
  for (;;) {
    const timer = clock.after(timeoutMs, () => socket.close());
    const frames = await socket.receive().finally(() => timer.cancel());
    const message = parseKvEventFrames(frames);
    if (message === undefined) return false;
    if (message.sequence === REPLAY_END) return true;
    take(message);
  }
}
