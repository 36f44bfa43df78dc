// A TCP proxy before one worker that fails in the ways a network does: refuses, resets, falls silent, drips, corrupts.
import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";

export type ByteFault =
  | { readonly kind: "none" }
  | { readonly kind: "refuse" }
  /** After so many bytes of each connection's answers. */
  | { readonly kind: "reset"; readonly afterBytes: number }
  /** Neither byte nor end any more, for ever. */
  | { readonly kind: "half_open" }
  | { readonly kind: "drip"; readonly bytesPerSecond: number }
  /** A mark within an event or a body, which is then no JSON. */
  | { readonly kind: "corrupt" }
  | { readonly kind: "content_length"; readonly by: number };

export interface ByteProxy {
  readonly port: number;
  set(fault: ByteFault): Promise<void>;
  close(): Promise<void>;
}

export const MARK = "\u0007CORRUPT";

interface Pipe {
  readonly client: Socket;
  readonly worker: Socket;
  /** Bytes of answers so far. */
  sent: number;
  /** Its silence outlives the fault. */
  silent: boolean;
}

export async function byteProxy(workerPort: number): Promise<ByteProxy> {
  const pipes = new Set<Pipe>();
  let fault: ByteFault = { kind: "none" };
  let server = await listening(0, accept);
  const { port } = server.address() as { port: number };

  function accept(client: Socket): void {
    const worker = connect({ port: workerPort, host: "127.0.0.1" });
    const pipe: Pipe = { client, worker, sent: 0, silent: fault.kind === "half_open" };
    pipes.add(pipe);
    client.on("data", (chunk: Buffer) => void (pipe.silent || worker.write(chunk)));
    worker.on("data", (chunk: Buffer) => answer(pipe, chunk));
    const end = (): void => {
      if (pipe.silent && !client.destroyed) return;
      pipes.delete(pipe);
      // What has come is passed on before the end, as a network would.
      client.end(() => client.destroy());
      worker.destroy();
    };
    worker.on("close", end).on("error", () => undefined);
    client.on("close", end).on("error", () => undefined);
  }

  function answer(pipe: Pipe, chunk: Buffer): void {
    if (pipe.silent) return;
    pipe.sent += chunk.length;
    if (fault.kind === "reset" && pipe.sent >= fault.afterBytes) return void pipe.client.resetAndDestroy();
    if (fault.kind === "drip") return drip(pipe, chunk, fault.bytesPerSecond);
    pipe.client.write(altered(chunk, fault));
  }

  return {
    port,
    async set(next) {
      const before = fault;
      fault = next;
      if (next.kind === "half_open") for (const pipe of pipes) pipe.silent = true;
      if (next.kind === "reset") for (const pipe of pipes) pipe.sent = 0;
      if (next.kind === "refuse" && before.kind !== "refuse") server.close();
      if (next.kind !== "refuse" && before.kind === "refuse") server = await listening(port, accept);
    },
    async close() {
      server.close();
      for (const { client, worker } of pipes) {
        client.destroy();
        worker.destroy();
      }
    },
  };
}

async function listening(port: number, accept: (socket: Socket) => void): Promise<Server> {
  const server = createServer(accept).listen(port, "127.0.0.1");
  await once(server, "listening");
  return server;
}

const DRIP_MS = 50;

/** The worker waits meanwhile, as behind a slow network. */
function drip({ client, worker }: Pipe, chunk: Buffer, bytesPerSecond: number): void {
  worker.pause();
  const step = Math.max(1, Math.round((bytesPerSecond * DRIP_MS) / 1000));
  let at = 0;
  const next = (): void => {
    if (client.destroyed) return;
    client.write(chunk.subarray(at, (at += step)));
    if (at < chunk.length) setTimeout(next, DRIP_MS).unref();
    else worker.resume();
  };
  next();
}

function altered(chunk: Buffer, fault: ByteFault): Buffer {
  if (fault.kind === "corrupt") return corrupted(chunk);
  if (fault.kind !== "content_length") return chunk;
  const text = chunk.toString("latin1");
  const length = /^(HTTP\/1\.1 200[^]*?\r\ncontent-length: )(\d+)/i.exec(text);
  if (length === null) return chunk;
  const [all, head, bytes] = length;
  return Buffer.from(`${head}${Number(bytes) + fault.by}${text.slice(all.length)}`, "latin1");
}

/** Of the same length, so that only the content is wrong. */
function corrupted(chunk: Buffer): Buffer {
  const at = chunk.indexOf('"choices":');
  if (at < 0) return chunk;
  const copy = Buffer.from(chunk);
  copy.write(MARK, at, "latin1");
  return copy;
}
