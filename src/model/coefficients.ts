// The coefficients of the step-time model, and where each comes from.
import { GPUS, type GpuName } from "./gpu.ts";
import type { ModelName } from "./model-spec.ts";
import type { Precision } from "./precision.ts";

/** Seconds and fractions of the data sheet's peak. */
export interface StepCoefficients {
  /** Share of peak FLOP/s that the linear layers reach. */
  readonly linearCompute: number;
  /** Share of HBM bandwidth that reading the weights reaches. */
  readonly linearBandwidth: number;
  /** Exponent that joins compute and bandwidth time. */
  readonly joint: number;
  /** Share of HBM bandwidth that reading the KV cache reaches. */
  readonly kvBandwidth: number;
  /** Share of peak bf16 FLOP/s that prefill attention reaches. */
  readonly attentionCompute: number;
  /** All-reduce: seconds each, seconds more per doubling of TP, share of link bandwidth. */
  readonly reduceBase: number;
  readonly reducePerDoubling: number;
  readonly reduceBandwidth: number;
  /** Seconds per layer, and more per layer of a step with prefill in it (no CUDA graph); per step, per decoding sequence. */
  readonly perLayer: number;
  readonly perPrefillLayer: number;
  readonly perStep: number;
  readonly perSequence: number;
  /** Before and after the engine: seconds per request and per 1,024 prompt tokens. */
  readonly overhead: number;
  readonly overheadPerKiloToken: number;
}

export type Evidence = "measured" | "derived";

export interface CoefficientChoice {
  readonly values: StepCoefficients;
  /** Derived as soon as one coefficient has no measurement on this model, GPU and precision. */
  readonly evidence: Evidence;
  readonly provenance: string;
}

const SOURCE =
  "42 vLLM points of aiconfigurator 095f58a silicon_sample.csv (Llama-3.1-70B FP8, H100, TP2/4/8, TTFT < 5 s)";

const FP8: StepCoefficients = {
  linearCompute: 0.521,
  linearBandwidth: 0.906,
  joint: 2.08,
  kvBandwidth: 0.353,
  attentionCompute: 0.357,
  reduceBase: 4.32e-6,
  reducePerDoubling: 4.19e-6,
  reduceBandwidth: 0.926,
  perLayer: 17.0e-6,
  perPrefillLayer: 0,
  perStep: 2.15e-3,
  perSequence: 25.5e-6,
  overhead: 20.4e-3,
  overheadPerKiloToken: 1.37e-3,
};

// From 14,504 GEMM points of aiconfigurator's H100 bf16 tables (low end of .72–.79 / .84), not from the fit.
const BF16_LINEAR = { linearCompute: 0.72, linearBandwidth: 0.84 };

// The fit cannot tell the KV format from efficiency: .353 at one byte an element equals .71 at two.
const KV_BANDWIDTH: Readonly<Record<Precision, number>> = { fp8: 0.353, bf16: 0.71 };

export interface CoefficientQuery {
  readonly model: ModelName;
  readonly gpu: GpuName;
  readonly weights: Precision;
  readonly kv: Precision;
}

export function coefficients(query: CoefficientQuery): CoefficientChoice {
  const { model, gpu, weights, kv } = query;
  const linear = weights === "fp8" ? {} : BF16_LINEAR;
  const values = { ...FP8, ...linear, kvBandwidth: KV_BANDWIDTH[kv] };
  const measured = model === "llama-3.1-70b" && weights === "fp8" && kv === "fp8" && gpu !== "a100";
  return { values, evidence: measured ? "measured" : "derived", provenance: provenance(query) };
}

/** Errors on models that the fit has not seen (simulation.md §2.4). */
const UNSEEN: Readonly<Partial<Record<ModelName, string>>> = {
  "llama-3.1-8b": "this model was not in the fit: on H200 FP8 points TPOT −10…+28 %, TTFT −11…+18 %",
  "qwen3-32b": "this model was not in the fit: on 87 bf16 H100 points TPOT error 6.3 %, TTFT 22.5 %",
};

function provenance({ model, gpu, weights }: CoefficientQuery): string {
  const parts = [`fitted to ${SOURCE}: TPOT error 2.5 %, TTFT 4.6 %`];
  const unseen = UNSEEN[model];
  if (unseen !== undefined) parts.push(unseen);
  if (weights === "bf16") parts.push("bf16 GEMM efficiencies from aiconfigurator's operator tables, derived");
  if (gpu === "h200" && model === "llama-3.1-70b") {
    parts.push("H200 FP8 checked on 58 held-out points: TPOT error 4.7 %, TTFT 5.7 %");
  }
  if (gpu === "a100") parts.push(`${GPUS.a100.name}: H100 efficiencies on its data sheet, not calibrated`);
  return parts.join("; ");
}
