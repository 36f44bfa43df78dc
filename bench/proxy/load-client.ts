// The load: chat requests on kept connections over bare sockets. A helper process, asked for one job after another.
import { percentile } from "../../src/core/index.ts";
import { answerQuestions } from "../lib/helper-process.ts";
import { ClientConnection } from "./client-connection.ts";
import { promptSource, type PromptShape, type PromptSource } from "./prompts.ts";

export interface LoadJob {
  readonly port: number;
  readonly prompt: PromptShape;
  readonly connections: number;
  readonly salt: string;
  readonly pace:
    | { readonly kind: "closed"; readonly seconds: number }
    | { readonly kind: "count"; readonly requests: number }
    /** Open loop: requests start on time whatever the answers do. */
    | { readonly kind: "rate"; readonly perSecond: number; readonly seconds: number };
}

export interface LoadResult {
  readonly requests: number;
  /** Events of the streams, `[DONE]` left out. */
  readonly chunks: number;
  readonly failures: Readonly<Record<string, number>>;
  readonly seconds: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

interface Running {
  readonly connections: readonly ClientConnection[];
  readonly prompts: PromptSource;
  readonly latencies: number[];
  readonly failures: Record<string, number>;
  chunks: number;
}

/** Streams begin spread: a fleet's tokens do not come all at once. */
const SPREAD_MS_PER_STREAM = 5;

answerQuestions(run);

async function run(job: LoadJob): Promise<LoadResult> {
  const connections = Array.from({ length: job.connections }, () => new ClientConnection(job.port));
  await Promise.all(connections.map((one) => one.open()));
  const running: Running = {
    connections,
    prompts: promptSource(job.prompt, job.salt),
    latencies: [],
    failures: {},
    chunks: 0,
  };
  const started = performance.now();
  await (job.pace.kind === "rate" ? paced(running, job.pace) : looped(running, job));
  const seconds = (performance.now() - started) / 1000;
  for (const one of connections) one.close();
  const { latencies, failures, chunks } = running;
  latencies.sort((a, b) => a - b);
  return {
    requests: latencies.length,
    chunks,
    failures,
    seconds,
    p50Ms: percentile(latencies, 50),
    p99Ms: percentile(latencies, 99),
  };
}

/** Closed loop: each connection sends its next request when the answer to the last one is complete. */
async function looped(running: Running, { pace, prompt }: LoadJob): Promise<void> {
  const end = pace.kind === "closed" ? performance.now() + pace.seconds * 1000 : Infinity;
  let left = pace.kind === "count" ? pace.requests : Infinity;
  await Promise.all(
    running.connections.map(async (connection, i) => {
      if (prompt.stream) await delay(i * SPREAD_MS_PER_STREAM);
      while (left-- > 0 && performance.now() < end) await one(running, connection);
    }),
  );
}

async function paced(running: Running, pace: { readonly perSecond: number; readonly seconds: number }): Promise<void> {
  const idle = [...running.connections];
  const all: Promise<void>[] = [];
  const total = pace.perSecond * pace.seconds;
  const started = performance.now();
  for (let sent = 0; sent < total; sent++) {
    await delay(started + (sent * 1000) / pace.perSecond - performance.now());
    const connection = idle.pop();
    if (connection === undefined) count(running.failures, "no free connection");
    else all.push(one(running, connection).then(() => void idle.push(connection)));
  }
  await Promise.all(all);
}

async function one(running: Running, connection: ClientConnection): Promise<void> {
  const body = running.prompts.next();
  const started = performance.now();
  const { failure, events } = await connection.post(body);
  if (failure !== undefined) {
    count(running.failures, failure);
    return connection.open();
  }
  running.latencies.push(performance.now() - started);
  running.chunks += events;
}

function count(failures: Record<string, number>, why: string): void {
  failures[why] = (failures[why] ?? 0) + 1;
}

function delay(ms: number): Promise<void> {
  return ms <= 0 ? Promise.resolve() : new Promise((resolve) => void setTimeout(resolve, ms));
}
