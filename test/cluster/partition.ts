// TCP proxies before etcd's members that can be slow or cut: then nothing gets through, and nothing is closed either.
import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";

export interface Partition {
  readonly endpoints: readonly string[];
  /** Bytes are swallowed both ways; new connections hang. */
  cut(): void;
  heal(): void;
  /** Each way takes so much longer. */
  slow(ms: number): void;
  close(): void;
}

export async function partition(origins: readonly string[]): Promise<Partition> {
  const sockets = new Set<Socket>();
  let isCut = false;
  let delayMs = 0;
  const servers = await Promise.all(origins.map((origin) => proxy(Number(new URL(origin).port))));

  async function proxy(port: number): Promise<Server> {
    const server = createServer((near) => {
      const far = connect(port, "127.0.0.1");
      for (const [from, to] of [
        [near, far],
        [far, near],
      ] as const) {
        sockets.add(from);
        from.on("data", (bytes) => isCut || late(() => to.destroyed || to.write(bytes)));
        from.on("error", () => to.destroy());
        from.on("close", () => {
          sockets.delete(from);
          to.destroy();
        });
      }
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    return server;
  }

  function late(run: () => unknown): void {
    if (delayMs === 0) run();
    else setTimeout(run, delayMs);
  }

  return {
    endpoints: servers.map((server) => {
      const address = server.address();
      return `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}`;
    }),
    cut: () => void (isCut = true),
    slow: (ms) => void (delayMs = ms),
    heal() {
      isCut = false;
      // What was swallowed is missing in the middle of these.
      for (const one of sockets) one.destroy();
    },
    close() {
      for (const one of sockets) one.destroy();
      for (const one of servers) one.close();
    },
  };
}
