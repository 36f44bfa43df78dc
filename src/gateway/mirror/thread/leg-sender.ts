// The gateway's side of the thread that sends copies: an order out, two events back, and nothing to wait for.
import { join } from "node:path";
import { renewedThread } from "../../../core/index.ts";
import type { EndedLeg, FromLegThread, LegOrder, ToLegThread } from "./leg-messages.ts";

export interface LegSender {
  /** Starts the thread, which takes longer than a copy. */
  warm(): void;
  /** What `order.body` holds is no longer the caller's. */
  send(order: LegOrder, events: SentLegEvents): SentCopy;
  /** What still runs is aborted, and not told. */
  close(): Promise<void>;
}

export interface SentLegEvents {
  onFirst(): void;
  /** Undefined when the thread died. Called once, unless aborted. */
  onEnded(ended: EndedLeg | undefined): void;
}

export interface SentCopy {
  /** Ends it; `onEnded` tells what it has got. */
  timeOut(): void;
  /** No event comes after it. */
  abort(): void;
}

export function legSender(): LegSender {
  const running = new Map<number, SentLegEvents>();
  const thread = renewedThread<ToLegThread, FromLegThread>({
    file: join(import.meta.dirname, "leg-thread"),
    onReply: heard,
    onGone: lose,
  });
  let next = 0;
  let isClosed = false;

  function heard(message: FromLegThread): void {
    const events = running.get(message.number);
    if (message.kind === "first") return events?.onFirst();
    running.delete(message.number);
    events?.onEnded(message.ended);
  }

  function lose(): void {
    const lost = [...running.values()];
    running.clear();
    for (const events of lost) events.onEnded(undefined);
  }

  return {
    warm: () => void (isClosed || thread.warm()),
    send(order, events) {
      const number = next++;
      if (!isClosed) {
        running.set(number, events);
        const { buffer } = order.body;
        thread.post({ kind: "send", number, order }, buffer instanceof ArrayBuffer ? [buffer] : []);
      }
      return {
        timeOut: () => running.has(number) && thread.post({ kind: "timeOut", number }),
        abort() {
          if (running.delete(number)) thread.post({ kind: "abort", number });
        },
      };
    },
    async close() {
      isClosed = true;
      running.clear();
      await thread.close();
    },
  };
}
