// Closes and reopens the engine's port while connections live on.
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Clock } from "../../core/index.ts";

export interface ServerPort {
  attach(server: Server): void;
  /** New connections are refused; idle ones close, busy ones stay. */
  stopListening(): void;
  listenAgain(): void;
  /** Stops listening and drops every connection: what a dead process looks like. */
  destroy(): void;
}

/** Between attempts to get the port back when another process holds it. */
const RETRY_MS = 100;

export function serverPort(clock: Clock): ServerPort {
  let server: Server | undefined;
  let address: AddressInfo | undefined;
  let refusing = false;

  function stopListening(): void {
    refusing = true;
    if (!server?.listening) return;
    address = server.address() as AddressInfo;
    server.close();
  }

  function reopen(): void {
    if (refusing || !server || !address || server.listening) return;
    const retry = () => void clock.after(RETRY_MS, reopen);
    server.once("error", retry);
    server.listen(address.port, address.address, () => server?.off("error", retry));
  }

  return {
    attach(given) {
      server = given;
      server.on("listening", () => {
        // After all other listeners: they may still ask for the address.
        setImmediate(() => {
          if (refusing) stopListening();
        });
      });
      if (refusing) stopListening();
    },
    stopListening,
    listenAgain() {
      refusing = false;
      reopen();
    },
    destroy() {
      stopListening();
      server?.closeAllConnections();
    },
  };
}
