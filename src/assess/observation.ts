// What was seen of the server, from whichever source; a field is undefined when the source does not have it.
import type { MetricHistogram } from "../vllm/index.ts";

export interface Spread {
  readonly mean: number;
  readonly max: number;
  readonly samples: number;
}

export interface GpuUtilization {
  /** 0…1 */
  readonly mean: number;
  /** `DCGM`, `given`, or what stands in for it. */
  readonly source: string;
  readonly standIn: boolean;
}

export interface Observation {
  /** In words: which pages, over what time. */
  readonly source: string;
  /** Time that histograms and counters cover. */
  readonly spanSeconds: number | undefined;
  readonly ttft: MetricHistogram | undefined;
  readonly itl: MetricHistogram | undefined;
  readonly queue: MetricHistogram | undefined;
  /** Requests that ended, in that time. */
  readonly requests: number | undefined;
  /** Requests a second: mean over the time, highest of a part of it. */
  readonly rate: Spread | undefined;
  /** 0…1 */
  readonly kvUsage: Spread | undefined;
  readonly running: Spread | undefined;
  readonly waiting: Spread | undefined;
  /** Of the readings in which a request waited. */
  readonly runningWhileWaiting?: Spread | undefined;
  readonly preemptions: number | undefined;
  readonly prefixQueries: number | undefined;
  readonly prefixHits: number | undefined;
  readonly promptTokens?: number | undefined;
  readonly generationTokens?: number | undefined;
  readonly models: readonly string[];
  readonly prefixCaching: boolean | undefined;
  readonly gpuMemoryUtilization: number | undefined;
  readonly gpuUtilization: GpuUtilization | undefined;
}
