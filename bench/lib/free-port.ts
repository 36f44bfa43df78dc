// A port nobody listens on, for programs that cannot choose one themselves and say which.
import { once } from "node:events";
import { createServer } from "node:net";

/** Below what systems give to connections and to listeners of port 0: nobody takes it before it is used. */
const FIRST = 12_000;
const LAST = 32_000;

export async function freePort(): Promise<number> {
  for (;;) {
    const port = FIRST + Math.floor(Math.random() * (LAST - FIRST));
    if (await isFree(port)) return port;
  }
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer().listen(port, "127.0.0.1");
  try {
    await once(server, "listening");
  } catch {
    return false;
  }
  server.close();
  await once(server, "close");
  return true;
}
