// Closes and reopens the engine's port while connections live on.
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";

export interface ServerPort {
  attach(server: Server): void;
  /** New connections are refused; idle ones close, busy ones stay. */
  stopListening(): void;
  listenAgain(): void;
  /** Stops listening and drops every connection: what a dead process looks like. */
  destroy(): void;
}

export function serverPort(): ServerPort {
  let server: Server | undefined;
  let address: AddressInfo | undefined;
  let refusing = false;

  function stopListening(): void {
    refusing = true;
    if (!server?.listening) return;
    address = server.address() as AddressInfo;
    server.close();
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
      if (server && address && !server.listening) server.listen(address.port, address.address);
    },
    destroy() {
      stopListening();
      server?.closeAllConnections();
    },
  };
}
