// The long part: mixed load on one gateway before simulated engines; heap after forced collections, event loop, and what is left at the end.
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { type HelperProcess, helperProcess } from "../lib/helper-process.ts";
import type { MedianInterval } from "../lib/median-interval.ts";
import { soakDeployment, TOKENIZER } from "./deployments.ts";
import { type EngineProcess, startEngine } from "./engines.ts";
import type { LoopDelay } from "./inside.ts";
import type { MixedJob, MixedResult } from "./mixed-load.ts";
import { rest, settle, type Settled } from "./settle.ts";
import { type Point, slope } from "./slope.ts";
import { type SoakedGateway, startSoakedGateway } from "./soaked-gateway.ts";

export interface MixedPhase {
  readonly algorithms: readonly string[];
  readonly load: MixedResult;
  /** Over the measured part, collections left out. */
  readonly loop: LoopDelay;
  /** Heap after a forced collection, MB by minutes. */
  readonly heap: readonly Point[];
  /** MB a minute, over the last four fifths. */
  readonly heapSlope: MedianInterval;
  readonly residentMb: { readonly first: number; readonly last: number };
  readonly settled: Settled;
  /** Lines of the log above warnings, a few of them. */
  readonly defects: readonly string[];
}

export interface MixedPlan {
  readonly seconds: number;
  readonly perSecond: number;
  /** One deployment each; the first has two workers. */
  readonly algorithms: readonly string[];
  /** Heap samples over the run. */
  readonly samples: number;
}

/** Until bounded stores are full and code is compiled. */
const WARM_UP_SHARE = 0.2;
const MB = 1e6;

export async function mixedPhase(plan: MixedPlan): Promise<MixedPhase> {
  const client = helperProcess(join(import.meta.dirname, "mixed-load.ts"));
  const engines: EngineProcess[] = [];
  let gateway: SoakedGateway | undefined;
  try {
    const models = plan.algorithms.map(modelOf);
    for (const model of [...models.slice(0, 1), ...models]) engines.push(await startEngine(model));
    gateway = await startSoakedGateway(
      deployments(
        plan.algorithms,
        engines.map(({ origin }) => origin),
      ),
    );
    return await soak(gateway, client, plan);
  } finally {
    await gateway?.stop();
    await Promise.all([client.stop(), ...engines.map((engine) => engine.stop())]);
  }
}

function modelOf(algorithm: string): string {
  return `soak-${algorithm.replaceAll("_", "-")}`;
}

function deployments(algorithms: readonly string[], [extra = "", ...origins]: readonly string[]): string[] {
  return algorithms.map((algorithm, i) =>
    soakDeployment({
      model: modelOf(algorithm),
      algorithm,
      tokenizer: i === 0 ? TOKENIZER : { source: "builtin" },
      workers: [origins[i] ?? "", ...(i === 0 ? [extra] : [])],
      events: true,
    }),
  );
}

async function soak(gateway: SoakedGateway, client: HelperProcess, plan: MixedPlan): Promise<MixedPhase> {
  const job = { port: gateway.port, models: plan.algorithms.map(modelOf), perSecond: plan.perSecond };
  // What is made by the first requests and then stays (threads, tables) belongs to the start.
  await client.ask<MixedResult>({
    ...job,
    seconds: Math.min(5, plan.seconds / 4),
    seed: "first",
    allKinds: true,
  } satisfies MixedJob);
  await delay(KEPT_MS);
  const before = await rest(gateway);
  const load = client.ask<MixedResult>({
    ...job,
    seconds: plan.seconds,
    seed: "soak",
    allKinds: false,
  } satisfies MixedJob);
  const watched = await watch(gateway, plan);
  const result = await load;
  return {
    algorithms: plan.algorithms,
    load: result,
    ...watched,
    settled: await settle(gateway, before),
    defects: gateway.defects.slice(0, SHOWN_DEFECTS),
  };
}

const SHOWN_DEFECTS = 20;
/** Connections to workers are closed 3 s after their last request. */
const KEPT_MS = 4000;

type Watched = Pick<MixedPhase, "loop" | "heap" | "heapSlope" | "residentMb">;

async function watch(gateway: SoakedGateway, { seconds, samples }: MixedPlan): Promise<Watched> {
  const started = performance.now();
  const warmUpMs = seconds * 1000 * WARM_UP_SHARE;
  const heap: Point[] = [];
  const resident: number[] = [];
  await delay(warmUpMs);
  await gateway.ask("delay");
  const stepMs = (seconds * 1000 - warmUpMs) / samples;
  for (let i = 1; i <= samples; i++) {
    // The last one a little before the load ends: under load like the others.
    await delay(warmUpMs + i * stepMs - Math.min(500, stepMs / 2) - (performance.now() - started));
    const at = (performance.now() - started) / 60_000;
    const { heapUsed, rss } = await gateway.ask("collect");
    heap.push({ at, value: heapUsed / MB });
    resident.push(rss / MB);
  }
  const loop = await gateway.ask("delay");
  return { loop, heap, heapSlope: slope(heap), residentMb: { first: resident[0] ?? 0, last: resident.at(-1) ?? 0 } };
}
