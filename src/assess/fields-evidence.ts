// The seed's fields given by hand: as evidence of their own, or to fill in what a source does not have.
import { type Evidence, type Slo, stateOf } from "./evidence.ts";
import type { QuantileRange } from "./latency.ts";
import type { FieldsFile } from "./seed-fields.ts";

export function withFields(evidence: Evidence | undefined, file: FieldsFile, slo: Slo): Evidence {
  const { fields, windowHours, ttftSamples } = file;
  const base = evidence ?? NO_EVIDENCE;
  const point = base.ttft ?? pointOf(fields.ttft_p99_ms, ttftSamples);
  const given = fields.gpu_utilization_avg;
  const gpu = given === undefined ? base.gpu : { mean: given, source: "given", standIn: false };
  return {
    ...base,
    source: evidence === undefined ? "fields given by hand" : `${evidence.source}; fields given by hand`,
    spanHours: base.spanHours ?? windowHours,
    ttftSamples: Math.max(base.ttftSamples, ttftSamples ?? 0),
    ttft: point,
    ttftState: stateOf(point, slo.ttftP99Ms),
    prefixReuse: base.prefixReuse ?? fields.system_prompt_reuse_rate,
    peakToAverage: base.peakToAverage ?? fields.peak_to_avg_ratio,
    models: base.models.length > 0 ? base.models : unnamed(fields.num_models),
    gpu: base.gpu !== undefined && !base.gpu.standIn ? base.gpu : gpu,
  };
}

function pointOf(value: number | undefined, samples: number | undefined): QuantileRange | undefined {
  return value === undefined ? undefined : { low: value, high: value, estimate: value, samples: samples ?? 0 };
}

function unnamed(count: number | undefined): string[] {
  return Array.from({ length: Math.min(1000, Math.floor(count ?? 0)) }, (_, i) => `model ${i + 1}`);
}

export const NO_EVIDENCE: Evidence = {
  source: "",
  spanHours: undefined,
  ttftSamples: 0,
  ttft: undefined,
  ttftState: "unknown",
  itl: undefined,
  itlState: "unknown",
  queued: undefined,
  waiting: undefined,
  running: undefined,
  kvUsage: undefined,
  preemptionsPerRequest: undefined,
  prefixReuse: undefined,
  prefixCaching: undefined,
  gpuMemoryUtilization: undefined,
  peakToAverage: undefined,
  requestRate: undefined,
  models: [],
  gpu: undefined,
};
