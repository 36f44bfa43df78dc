// Where a simulated engine answers others about blocks that it keeps: lines of JSON over TCP, one name a connection.
import { createServer, type Server, type Socket } from "node:net";
import type { AddressInfo } from "node:net";
import { SwitchgearError, toError } from "../../core/index.ts";
import { readLines } from "./lines.ts";

/** renew: the asker is still there · done: everything was pulled · free: it is not wanted any more. */
export type ChannelWord = "renew" | "done" | "free";

export interface ChannelQuestion {
  readonly name: string;
  readonly engineId: string;
  /** What both must agree on. */
  readonly compatibility: string;
}

export interface ChannelAnswer {
  readonly held: boolean;
  /** The handshake failed: why. */
  readonly refused?: string;
}

export interface ChannelKeeper {
  ask(question: ChannelQuestion): ChannelAnswer;
  told(name: string, word: ChannelWord): void;
}

export interface SideChannel {
  readonly port: number;
  close(): void;
}

export interface ChannelAddress {
  readonly host: string;
  /** 0 = any free one. */
  readonly port: number;
}

/** Throws SWG_PORT_IN_USE. */
export function openSideChannel({ host, port }: ChannelAddress, keeper: ChannelKeeper): Promise<SideChannel> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    // Who asked is gone: the lease says how long its blocks stay.
    socket.on("error", () => socket.destroy());
    readLines(socket, (line) => answer(socket, line, keeper));
  });
  return listening(server, { host, port }).then((bound) => ({
    port: bound,
    close() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  }));
}

function answer(socket: Socket, line: unknown, keeper: ChannelKeeper): void {
  if (typeof line !== "object" || line === null) return void socket.destroy();
  const { ask, name, engine_id: engineId, compatibility, tell } = line as Record<string, unknown>;
  if (typeof name !== "string") return void socket.destroy();
  if (ask === true) {
    const question = { name, engineId: String(engineId), compatibility: String(compatibility) };
    return void socket.write(`${JSON.stringify(keeper.ask(question))}\n`);
  }
  if (tell === "renew" || tell === "done" || tell === "free") keeper.told(name, tell);
}

function listening(server: Server, { host, port }: ChannelAddress): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => {
      if (error.code !== "EADDRINUSE") return reject(toError(error));
      reject(
        new SwitchgearError("SWG_PORT_IN_USE", `The side channel cannot listen on ${host}:${port}.`, {
          where: "VLLM_NIXL_SIDE_CHANNEL_PORT",
          value: port,
          expected: "a free port",
          cause: error,
        }),
      );
    });
    server.listen(port, host, () => resolve((server.address() as AddressInfo).port));
  });
}
