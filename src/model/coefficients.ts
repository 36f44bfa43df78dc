// The coefficients of the step-time model, and where each comes from.
import { FITTED } from "./fitted-coefficients.ts";
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

/** From 14,504 GEMM points of aiconfigurator's H100 bf16 tables (low end of .72–.79 / .84), not from the fit. */
const BF16_LINEAR = { linearCompute: 0.72, linearBandwidth: 0.84 };

/** The fit cannot tell the KV format from efficiency: a share at one byte an element equals twice that at two. */
const BF16_KV_FACTOR = 0.71 / 0.353;

/** What was fitted with one-byte weights and KV, for two-byte ones. */
export function bf16Of(fitted: StepCoefficients): StepCoefficients {
  return { ...fitted, ...BF16_LINEAR, kvBandwidth: fitted.kvBandwidth * BF16_KV_FACTOR };
}

export interface CoefficientQuery {
  readonly model: ModelName;
  readonly gpu: GpuName;
  readonly weights: Precision;
  readonly kv: Precision;
}

export function coefficients(query: CoefficientQuery): CoefficientChoice {
  const { model, gpu, weights, kv } = query;
  const fitted = FITTED.values;
  const linear = weights === "fp8" ? {} : BF16_LINEAR;
  const kvBandwidth = kv === "fp8" ? fitted.kvBandwidth : bf16Of(fitted).kvBandwidth;
  const values = { ...fitted, ...linear, kvBandwidth };
  const measured = model === "llama-3.1-70b" && weights === "fp8" && kv === "fp8" && gpu !== "a100";
  return { values, evidence: measured ? "measured" : "derived", provenance: provenance(query) };
}

/** Errors on models that the fit has not seen (simulation.md §2.4). */
const UNSEEN: Readonly<Partial<Record<ModelName, string>>> = {
  "llama-3.1-8b": "this model was not in the fit: an earlier fit had TPOT −10…+28 %, TTFT −11…+18 % on H200 FP8 points",
  "qwen3-32b": "this model was not in the fit: on 60 bf16 H100 rows TPOT error 5.0 %, TTFT 10.3 % (docs/fidelity.md)",
};

function provenance({ model, gpu, weights }: CoefficientQuery): string {
  const { source, rows, tpotError, ttftError } = FITTED;
  const parts = [
    `fitted to ${rows} rows of ${source}: TPOT error ${tpotError} %, TTFT ${ttftError} % (docs/fidelity.md)`,
  ];
  const unseen = UNSEEN[model];
  if (unseen !== undefined) parts.push(unseen);
  if (weights === "bf16") parts.push("bf16 GEMM efficiencies from aiconfigurator's operator tables, derived");
  if (gpu === "h200" && model === "llama-3.1-70b") {
    parts.push(
      "H200: H100 efficiencies on its data sheet; an earlier fit had TPOT error 4.7 %, TTFT 5.7 % on 58 H200 FP8 points",
    );
  }
  if (gpu === "a100") parts.push(`${GPUS.a100.name}: H100 efficiencies on its data sheet, not calibrated`);
  return parts.join("; ");
}
