// Loaded into the gateway's process by `--import`: tells what it holds on to, and moves its wall clock. No product code knows of it.
import { createServer } from "node:net";
import { createInterface } from "node:readline";
import { setImmediate as turn } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { isMainThread } from "node:worker_threads";

export interface Inside {
  readonly heapUsed: number;
  readonly external: number;
  /** What keeps the event loop, by kind. */
  readonly resources: Readonly<Record<string, number>>;
}

/** Path of the socket on which the questions come: `look`, or `jump MS`. */
export const SOCKET_VARIABLE = "SWITCHGEAR_FAULTS_SOCKET";

const path = process.env[SOCKET_VARIABLE];
if (isMainThread && path !== undefined) listen(path);

function listen(at: string): void {
  let offset = 0;
  const now = Date.now.bind(Date);
  Date.now = () => now() + offset;
  const server = createServer((socket) => {
    socket.unref();
    socket.on("error", () => socket.destroy());
    createInterface({ input: socket }).on("line", (line) => {
      const jump = /^jump (-?\d+)$/.exec(line)?.[1];
      if (jump !== undefined) offset += Number(jump);
      void look().then((seen) => socket.write(`${JSON.stringify(seen)}\n`));
    });
  });
  server.listen(at).unref();
}

async function look(): Promise<Inside> {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  collect();
  await turn();
  collect();
  const { heapUsed, external } = process.memoryUsage();
  const resources: Record<string, number> = {};
  for (const name of process.getActiveResourcesInfo()) resources[name] = (resources[name] ?? 0) + 1;
  return { heapUsed, external, resources };
}
