// The inference requests that the engine has not answered yet.
import type { ServerResponse } from "node:http";
import type { ResponseGate } from "./response-gate.ts";

export interface OpenRequests {
  readonly size: number;
  add(response: ServerResponse, gate: ResponseGate): void;
  muteAll(): void;
  failAll(): void;
  /** Calls `run` once, when no request is open: now or later. */
  whenIdle(run: () => void): void;
}

export function openRequests(): OpenRequests {
  const open = new Set<ResponseGate>();
  let waiting: (() => void)[] = [];
  return {
    get size() {
      return open.size;
    },
    add(response, gate) {
      open.add(gate);
      response.once("close", () => {
        open.delete(gate);
        if (open.size === 0) wake();
      });
    },
    muteAll: () => open.forEach((gate) => gate.mute()),
    failAll: () => open.forEach((gate) => gate.fail()),
    whenIdle(run) {
      waiting.push(run);
      if (open.size === 0) wake();
    },
  };

  function wake(): void {
    const ready = waiting;
    waiting = [];
    for (const run of ready) run();
  }
}
