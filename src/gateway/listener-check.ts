// Does a worker still listen? One short TCP connect, shared by all legs that ask at the same time.
import { connect } from "node:net";
import type { Clock } from "../core/index.ts";
import type { Worker } from "../fleet/index.ts";

/** `refused` only when the connection was refused; no answer in time is no proof of anything. */
export type ListenerState = "listening" | "refused" | "unknown";

export interface ListenerCheck {
  (worker: Worker): Promise<ListenerState>;
}

const CONNECT_LIMIT_MS = 1000;
/** An answer serves everyone who asks within this time. */
const FRESH_MS = 500;

interface Asked {
  readonly at: number;
  readonly answer: Promise<ListenerState>;
}

export function listenerCheck(clock: Clock): ListenerCheck {
  const asked = new Map<string, Asked>();
  return (worker) => {
    const now = clock.now();
    const last = asked.get(worker.id);
    if (last !== undefined && now - last.at < FRESH_MS) return last.answer;
    const answer = tryConnect(worker.origin);
    asked.set(worker.id, { at: now, answer });
    return answer;
  };
}

function tryConnect(origin: string): Promise<ListenerState> {
  const { hostname, port, protocol } = new URL(origin);
  const host = hostname.startsWith("[") ? hostname.slice(1, -1) : hostname;
  return new Promise((resolve) => {
    const socket = connect({ host, port: port === "" ? (protocol === "https:" ? 443 : 80) : Number(port) });
    const finish = (state: ListenerState) => {
      socket.destroy();
      resolve(state);
    };
    socket.setTimeout(CONNECT_LIMIT_MS, () => finish("unknown"));
    socket.once("connect", () => finish("listening"));
    socket.once("error", (error: NodeJS.ErrnoException) =>
      finish(error.code === "ECONNREFUSED" ? "refused" : "unknown"),
    );
  });
}
