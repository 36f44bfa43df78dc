// Idle kept connections and running streams at once on one gateway: do they hold, what does one cost, is all gone afterwards.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { type HelperProcess, helperProcess } from "../lib/helper-process.ts";
import { MODEL } from "../proxy/prompts.ts";
import { startMockWorkers } from "../proxy/start-mock-workers.ts";
import type { CrowdQuestion, CrowdState } from "./crowd.ts";
import { soakDeployment } from "./deployments.ts";
import type { LoopDelay, Memory } from "./inside.ts";
import { rest, settle, type Settled } from "./settle.ts";
import { type SoakedGateway, startSoakedGateway } from "./soaked-gateway.ts";

export interface CrowdPhase {
  readonly asked: CrowdPlan;
  /** Why fewer than planned were tried. */
  readonly reduced: string | undefined;
  /** Before and after the streams came. */
  readonly idle: { readonly first: CrowdState; readonly last: CrowdState };
  readonly streams: { readonly first: CrowdState; readonly last: CrowdState };
  readonly chunksPerSecond: number;
  /** While both are there and nothing new comes. */
  readonly loop: LoopDelay;
  /** KB of heap, of buffers and of the process that one costs. */
  readonly perIdle: Cost;
  readonly perStream: Cost;
  readonly settled: Settled;
}

export interface CrowdPlan {
  readonly idle: number;
  readonly streams: number;
  readonly holdSeconds: number;
}

interface Cost {
  readonly heapKb: number;
  readonly externalKb: number;
  readonly residentKb: number;
}

/** A stream has a hundred chunks: this slow, it outlives the phase. */
const GAP_MS = 1000;
const OPEN_IDLE_PER_SECOND = 1000;
const OPEN_STREAMS_PER_SECOND = 250;
/** A stream takes two sockets of the gateway, an idle client one; the rest is for everything else. */
const OTHER_DESCRIPTORS = 500;

const LIST = "GET /v1/models HTTP/1.1\r\nhost: soak\r\n\r\n";

export async function crowdPhase(asked: CrowdPlan): Promise<CrowdPhase> {
  const { plan, reduced } = withinLimit(asked);
  const workers = await startMockWorkers(2, GAP_MS);
  const helpers = [0, 1].map(() => helperProcess(join(import.meta.dirname, "crowd.ts")));
  let gateway: SoakedGateway | undefined;
  try {
    const common = { model: MODEL, algorithm: "kv_aware", tokenizer: { source: "builtin" }, events: false };
    gateway = await startSoakedGateway([soakDeployment({ ...common, workers: workers.origins })]);
    const [idlers, streamers] = helpers;
    if (idlers === undefined || streamers === undefined) throw new Error("two helpers");
    return { asked, reduced, ...(await gather(gateway, { idlers, streamers, plan })) };
  } finally {
    await gateway?.stop();
    await Promise.all([workers.stop(), ...helpers.map((one) => one.stop())]);
  }
}

interface Crowd {
  readonly idlers: HelperProcess;
  readonly streamers: HelperProcess;
  readonly plan: CrowdPlan;
}

async function gather(gateway: SoakedGateway, { idlers, streamers, plan }: Crowd) {
  const ask = (helper: HelperProcess, question: CrowdQuestion): Promise<CrowdState> => helper.ask(question);
  const { port } = gateway;
  // Once each, so that what the first of its kind makes is there before the count.
  await ask(idlers, { kind: "open", port, count: 5, perSecond: 100, request: LIST });
  await ask(streamers, { kind: "open", port, count: 5, perSecond: 100, request: streamRequest(0) });
  await Promise.all([idlers, streamers].map((one) => ask(one, { kind: "leave" })));
  await delay(4000);
  const before = await rest(gateway);
  const empty = await gateway.ask("collect");
  const idle = await ask(idlers, {
    kind: "open",
    port,
    count: plan.idle,
    perSecond: OPEN_IDLE_PER_SECOND,
    request: LIST,
  });
  const withIdle = await gateway.ask("collect");
  const streams = await ask(streamers, {
    kind: "open",
    port,
    count: plan.streams,
    perSecond: OPEN_STREAMS_PER_SECOND,
    request: streamRequest(1),
  });
  const withStreams = await gateway.ask("collect");
  await delay(1000);
  await gateway.ask("delay");
  const from = await ask(streamers, { kind: "look" });
  await delay(plan.holdSeconds * 1000);
  const to = await ask(streamers, { kind: "look" });
  const loop = await gateway.ask("delay");
  const lastIdle = await ask(idlers, { kind: "again", request: LIST });
  await Promise.all([idlers, streamers].map((one) => ask(one, { kind: "leave" })));
  return {
    idle: { first: idle, last: lastIdle },
    streams: { first: streams, last: to },
    chunksPerSecond: (to.events - from.events) / plan.holdSeconds,
    loop,
    perIdle: cost(empty, withIdle, plan.idle),
    perStream: cost(withIdle, withStreams, plan.streams),
    settled: await settle(gateway, before),
  };
}

function streamRequest(run: number): string {
  const content = `A question of ordinary length that every client asks in run ${run}. ${"And some more of it. ".repeat(40)}`;
  const body = JSON.stringify({ model: MODEL, messages: [{ role: "user", content }], max_tokens: 100, stream: true });
  return `POST /v1/chat/completions HTTP/1.1\r\nhost: soak\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
}

function cost(before: Memory, after: Memory, count: number): Cost {
  const each = (figure: (memory: Memory) => number): number => (figure(after) - figure(before)) / count / 1000;
  return {
    heapKb: each((one) => one.heapUsed),
    externalKb: each((one) => one.external),
    residentKb: each((one) => one.rss),
  };
}

/** Node raises its own soft limit to the hard one, so the hard one counts. */
function withinLimit(plan: CrowdPlan): { plan: CrowdPlan; reduced: string | undefined } {
  const limit = Number(
    /^Max open files\s+\S+\s+(\d+)/m.exec(readFileSync("/proc/self/limits", "utf8"))?.[1] ?? Infinity,
  );
  const needed = 2 * plan.streams + plan.idle + OTHER_DESCRIPTORS;
  if (needed <= limit) return { plan, reduced: undefined };
  const factor = Math.max(0, limit - OTHER_DESCRIPTORS) / (needed - OTHER_DESCRIPTORS);
  const fewer = { ...plan, idle: Math.floor(plan.idle * factor), streams: Math.floor(plan.streams * factor) };
  const reduced = `${needed} open files are needed, ${limit} are allowed (raise ulimit -Hn): ${fewer.streams} streams and ${fewer.idle} idle clients were tried`;
  return { plan: fewer, reduced };
}
