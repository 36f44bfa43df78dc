// The parent that `serve --supervised` leaves running, as its child sees it.
import type { Running } from "../app/index.ts";

/** Set by the parent for a child that is to take over from another one. */
export const REPLACES = "SWITCHGEAR_REPLACES";

/** Child → parent. */
export interface ChildMessage {
  readonly kind: "open";
}

/** Parent → child. */
export interface ParentMessage {
  readonly kind: "hand-over";
}

export interface ParentProcess {
  /** Another child serves until this one is open. */
  readonly replaces: boolean;
  /** Tells the parent; resolves when the gateway has been handed over and has ended. */
  open(running: Running): Promise<"handed over">;
}

/** Undefined without a parent that talks. */
export function parentProcess(): ParentProcess | undefined {
  if (process.send === undefined) return undefined;
  return {
    replaces: process.env[REPLACES] === "1",
    open(running) {
      const message: ChildMessage = { kind: "open" };
      process.send?.(message);
      return new Promise((resolve) => {
        const end = (closing: Promise<void>): void => void closing.then(() => resolve("handed over"));
        process.on("message", ({ kind }: ParentMessage) => {
          if (kind === "hand-over") end(running.handOver());
        });
        // Its sockets end with it, so nobody new can come: what runs is served to its end.
        process.on("disconnect", () => end(running.stop()));
        // Listening to the parent must not keep a gateway that has stopped.
        process.channel?.unref();
      });
    },
  };
}
