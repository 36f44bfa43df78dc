// What says that the server is at its limit, what its own flags could change, and what only a fleet can do.
import type { Evidence } from "./evidence.ts";

export interface Pressure {
  /** Undefined when no figure says anything. */
  readonly pressed: boolean | undefined;
  readonly reasons: readonly string[];
}

/** Shares and lengths above which a figure counts. */
export const LIMITS = {
  queuedShare: 0.05,
  meanWaiting: 1,
  preemptions: 0.01,
  gpu: 0.75,
  reuse: 0.5,
  peak: 2,
} as const;

export function isPressed(evidence: Evidence): Pressure {
  const signs = [ttftSign(evidence), queueSign(evidence), preemptionSign(evidence), gpuSign(evidence)];
  const known = signs.filter((one) => one !== undefined);
  const pressing = known.filter(({ presses }) => presses);
  const shown = pressing.length > 0 ? pressing : known;
  return { pressed: known.length === 0 ? undefined : pressing.length > 0, reasons: shown.map(({ text }) => text) };
}

interface Sign {
  readonly presses: boolean;
  readonly text: string;
}

function ttftSign({ ttft, ttftState }: Evidence): Sign | undefined {
  if (ttft === undefined) return undefined;
  return { presses: ttftState === "broken", text: `TTFT P99 ${rangeText(ttft)}: SLO ${ttftState}` };
}

function queueSign({ waiting, queued }: Evidence): Sign | undefined {
  if (waiting === undefined && queued === undefined) return undefined;
  const long = (waiting?.mean ?? 0) >= LIMITS.meanWaiting;
  const often = (queued ?? 0) > LIMITS.queuedShare;
  const parts = [
    ...(waiting === undefined ? [] : [`${waiting.mean.toFixed(1)} requests wait on average, ${waiting.max} at most`]),
    ...(queued === undefined ? [] : [`${(queued * 100).toFixed(1)} % of requests or more waited 0.3 s`]),
  ];
  return { presses: long || often, text: parts.join(", ") };
}

function preemptionSign({ preemptionsPerRequest }: Evidence): Sign | undefined {
  if (preemptionsPerRequest === undefined) return undefined;
  const text = `${(preemptionsPerRequest * 100).toFixed(2)} preemptions per 100 requests`;
  return { presses: preemptionsPerRequest > LIMITS.preemptions, text };
}

/** Busy GPUs alone are no fault; near the SLO they say why. */
function gpuSign({ gpu, ttftState }: Evidence): Sign | undefined {
  if (gpu === undefined || gpu.standIn) return undefined;
  const presses = gpu.mean > LIMITS.gpu && ttftState !== "kept" && ttftState !== "unknown";
  return { presses, text: `GPU utilisation ${(gpu.mean * 100).toFixed(0)} % (${gpu.source}), TTFT SLO ${ttftState}` };
}

export interface Tuning {
  readonly flag: string;
  readonly why: string;
}

export function tunings(evidence: Evidence): Tuning[] {
  const { prefixCaching, preemptionsPerRequest, gpuMemoryUtilization, waiting, kvUsage, running } = evidence;
  const found: Tuning[] = [];
  if (prefixCaching === false)
    found.push({ flag: "--enable-prefix-caching", why: "prefixes are computed again and again" });
  const preempts = (preemptionsPerRequest ?? 0) > LIMITS.preemptions;
  if (preempts && gpuMemoryUtilization !== undefined && gpuMemoryUtilization < 0.9) {
    found.push({
      flag: "--gpu-memory-utilization 0.92",
      why: `requests are preempted while ${gpuMemoryUtilization} of the memory is used`,
    });
  }
  const waits = (waiting?.mean ?? 0) >= LIMITS.meanWaiting;
  if (waits && kvUsage !== undefined && kvUsage.mean < 0.5 && running !== undefined && isAtItsLimit(evidence)) {
    const more = 2 * Math.max(1, Math.round(running.max));
    const why = `requests wait while ${(kvUsage.mean * 100).toFixed(0)} % of the KV cache is used and at most ${running.max} run`;
    found.push({ flag: `--max-num-seqs ${more}`, why });
  }
  return found;
}

/** While requests wait, as many run as ever do. Where fewer run, prompts wait to be computed, and more places would not help them. */
function isAtItsLimit({ running, runningWhileWaiting }: Evidence): boolean {
  return running !== undefined && (runningWhileWaiting?.mean ?? 0) >= 0.9 * running.max;
}

/** Needs that a second server behind round robin does not answer. */
export function fleetNeeds({ models, prefixReuse, peakToAverage }: Evidence, tenants: number | undefined): string[] {
  return [
    ...(models.length > 1 ? [`${models.length} models are served`] : []),
    ...((prefixReuse ?? 0) > LIMITS.reuse
      ? [
          `${((prefixReuse ?? 0) * 100).toFixed(0)} % of prompt tokens are cached: blind balancing over two servers would lose them`,
        ]
      : []),
    ...((peakToAverage ?? 0) > LIMITS.peak
      ? [`peaks are ${(peakToAverage ?? 0).toFixed(1)} × the mean: the number of workers should follow`]
      : []),
    ...((tenants ?? 0) > 1 ? [`${tenants} tenants must be kept apart`] : []),
  ];
}

export function rangeText({ low, high }: { readonly low: number; readonly high: number }): string {
  if (low === high) return `${low.toFixed(0)} ms`;
  return Number.isFinite(high) ? `${low.toFixed(0)}–${high.toFixed(0)} ms` : `above ${low.toFixed(0)} ms`;
}

/** `36.0 h`, `5 min`, `10 s`. */
export function spanText(hours: number): string {
  if (hours >= 1) return `${hours.toFixed(1)} h`;
  const seconds = Math.round(hours * 3600);
  return seconds >= 60 ? `${Math.floor(seconds / 60)} min` : `${seconds} s`;
}
