// A listening socket that lives on in another process: this one accepts no more, and lets its connections end.
import type { Server } from "node:http";
import { Server as NetServer } from "node:net";

/**
 * Resolves when the last connection has ended: each is told to with its next answer, or ends when idle for too long.
 * `http`'s own close would cut idle connections, and a request that its client is just sending would be lost.
 */
export function leaveSocket(server: Server): Promise<void> {
  server.prependListener("request", (_request, response) => void response.setHeader("connection", "close"));
  return new Promise((resolve) => void NetServer.prototype.close.call(server, () => resolve()));
}
