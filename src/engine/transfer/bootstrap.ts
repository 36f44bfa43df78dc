// Mooncake's bootstrap server: GET /query tells which engine a producer is, and where it is spoken to.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { ChannelAddress } from "./side-channel.ts";

export interface BootstrapServer {
  readonly port: number;
  close(): void;
}

export interface BootstrapEntry {
  readonly engineId: string;
  /** Of the side channel. */
  readonly port: number;
}

const LIMIT_MS = 2000;

export function openBootstrap({ host, port }: ChannelAddress, entry: BootstrapEntry): Promise<BootstrapServer> {
  const body = { "0": { engine_id: entry.engineId, worker_addr: { "0": { "0": `tcp://${host}:${entry.port}` } } } };
  const server = createServer((request, response) => {
    const known = request.url === "/query";
    response.writeHead(known ? 200 : 404, { "content-type": "application/json" });
    response.end(JSON.stringify(known ? body : { detail: "Not Found" }));
  });
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () =>
      resolve({
        port: (server.address() as AddressInfo).port,
        close() {
          server.close();
          server.closeAllConnections();
        },
      }),
    );
  });
}

/** Undefined when nobody answers. */
export async function bootstrapPeer({ host, port }: ChannelAddress): Promise<ChannelAddress | undefined> {
  try {
    const answer = await fetch(`http://${host}:${port}/query`, { signal: AbortSignal.timeout(LIMIT_MS) });
    const told: unknown = await answer.json();
    const address = /tcp:\/\/([^:"]+):(\d+)/.exec(JSON.stringify(told));
    return address?.[1] === undefined ? undefined : { host: address[1], port: Number(address[2]) };
  } catch {
    return undefined;
  }
}
