// Loaded into the gateway's process by `--import`: answers the soak's questions on a socket of its own. No product code knows of it.
import { ServerResponse } from "node:http";
import { createServer } from "node:net";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { createInterface } from "node:readline";
import { setImmediate as turn, setTimeout as pause } from "node:timers/promises";
import { queryObjects, setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { isMainThread } from "node:worker_threads";
import { type Answers, type Counts, type LoopDelay, type Memory, type Question, SOCKET_VARIABLE } from "./inside.ts";

const RESOLUTION_MS = 1;

const path = process.env[SOCKET_VARIABLE];
// The gateway's threads inherit `--import`.
if (isMainThread && path !== undefined) listen(path);

function listen(at: string): void {
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  delay.enable();
  const answers: { readonly [Q in Question]: () => Answers[Q] | Promise<Answers[Q]> } = {
    async collect() {
      // The collection is ours: it must not count as a delay of the gateway's.
      delay.disable();
      await collectGarbage();
      // The loop's own clock still stands before the collection: only a later turn knows the time.
      await pause(5);
      delay.enable();
      return memory();
    },
    memory,
    delay() {
      const seen = delayOf(delay);
      delay.reset();
      return seen;
    },
    resources,
    objects,
  };
  const server = createServer((socket) => {
    socket.unref();
    // The soak may end in the middle of an answer.
    socket.on("error", () => socket.destroy());
    createInterface({ input: socket })
      .on("error", () => {})
      .on("line", (line) => {
        void Promise.resolve(answers[line as Question]()).then((answer) => socket.write(`${JSON.stringify(answer)}\n`));
      });
  });
  server.listen(at).unref();
}

/** Twice: what a finalizer lets go of the first time is freed the second. */
async function collectGarbage(): Promise<void> {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  collect();
  await turn();
  collect();
}

function memory(): Memory {
  const { heapUsed, external, rss } = process.memoryUsage();
  return { heapUsed, external, rss };
}

/** The histogram holds intervals: what exceeds the resolution is delay. */
function delayOf(delay: ReturnType<typeof monitorEventLoopDelay>): LoopDelay {
  const ms = (nanoseconds: number): number => Math.max(0, nanoseconds / 1e6 - RESOLUTION_MS);
  return { samples: delay.count, p50: ms(delay.percentile(50)), p99: ms(delay.percentile(99)), max: ms(delay.max) };
}

function resources(): Counts {
  const counts: Record<string, number> = {};
  for (const name of process.getActiveResourcesInfo()) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}

async function objects(): Promise<Counts> {
  const { Exchange } = await import("../../src/gateway/exchange.ts");
  const { Attempt } = await import("../../src/gateway/attempt.ts");
  const classes = { ServerResponse, Exchange, Attempt };
  const count = (constructor: NewableFunction): number => Number(queryObjects(constructor, { format: "count" }));
  return Object.fromEntries(Object.entries(classes).map(([name, one]) => [name, count(one)]));
}
