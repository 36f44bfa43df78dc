// One algorithm: a fresh gateway and fresh workers, the trace, the figures.
import { realClock } from "../../src/core/index.ts";
import {
  loadClient,
  type LoadSummary,
  type RequestSample,
  runLoad,
  summarize,
  type Trace,
  tracePlan,
} from "../../src/workload/index.ts";
import { QWEN, qwenDeployment } from "../lib/qwen-deployment.ts";
import { startServe } from "../lib/serve-process.ts";
import { type Agreement, agreement } from "./agreement.ts";

export interface ReplayOptions {
  readonly algorithm: string;
  readonly load: number;
  readonly speed: number;
  readonly workers: number;
  readonly profile: string;
}

export interface AlgorithmResult {
  readonly algorithm: string;
  /** Times in simulated ms. */
  readonly summary: LoadSummary;
  readonly agreement: Agreement;
}

/** The SLO of simulation.md §5.3. */
const SLO = { ttftMs: 5000, tpotMs: 100 };
/** Model context less room for the answer. */
const MAX_INPUT = 126_500;

export async function replay(trace: Trace, options: ReplayOptions): Promise<AlgorithmResult> {
  const routing = { kvCacheIndex: { ttlSeconds: 300 } };
  const serve = await startServe(qwenDeployment({ ...options, routing, gateway: { receipts: { header: true } } }));
  const startedAt = realClock.now();
  const client = loadClient({ url: serve.data, clock: realClock, startedAt, timeoutMs: 600_000 });
  const samples: RequestSample[] = [];
  try {
    const plan = tracePlan(trace, {
      model: QWEN,
      speed: options.load * options.speed,
      vocabulary: 32_000,
      maxInputTokens: MAX_INPUT,
    });
    await runLoad({
      client,
      plan,
      clock: realClock,
      startedAt,
      concurrency: undefined,
      onSample: (one) => void samples.push(one),
    });
  } finally {
    await client.close();
    await serve.stop();
  }
  const inSimulatedTime = samples.map((one) => scaled(one, options.speed));
  return { algorithm: options.algorithm, summary: summarize(inSimulatedTime, SLO), agreement: agreement(samples) };
}

/** The engines run `speed` times faster than the GPUs they stand for. */
function scaled(one: RequestSample, speed: number): RequestSample {
  const at = (time: number | undefined): number | undefined => (time === undefined ? undefined : time * speed);
  return {
    ...one,
    plannedAt: one.plannedAt * speed,
    sentAt: one.sentAt * speed,
    firstChunkAt: at(one.firstChunkAt),
    firstTokenAt: at(one.firstTokenAt),
    lastTokenAt: at(one.lastTokenAt),
    gaps: one.gaps.map((gap) => gap * speed),
  };
}
