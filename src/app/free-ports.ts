// Ports for workers that are started here: the stated ones, checked, or free ones.
import { createServer, type Server } from "node:net";
import { SwitchgearError } from "../core/index.ts";

/** `count` ports nobody listens on now, distinct from each other. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(Array.from({ length: count }, () => listen(0)));
  const ports = servers.map(portOf);
  await Promise.all(servers.map(close));
  return ports;
}

/** Throws SWG_PORT_IN_USE, naming the port and what wants it. */
export async function requireFree(port: number, purpose: string): Promise<void> {
  try {
    await close(await listen(port));
  } catch (cause) {
    throw new SwitchgearError("SWG_PORT_IN_USE", `port ${port} for ${purpose} is taken by another process`, {
      value: port,
      where: purpose,
      expected: "a free port",
      hint: `find it with: ss -ltnp 'sport = :${port}'`,
      cause,
    });
  }
}

function listen(port: number): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(port, "127.0.0.1", () => resolve(server));
  });
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => void server.close(() => resolve()));
}

function portOf(server: Server): number {
  const address = server.address();
  return typeof address === "object" && address !== null ? address.port : 0;
}
