// The GPUs that step times and memory are computed for.

export interface GpuSpec {
  readonly name: string;
  /** Bytes of memory that the driver reports. */
  readonly memoryBytes: number;
  /** Bytes per second of HBM. */
  readonly bandwidth: number;
  /** Dense FLOP/s in bf16. */
  readonly bf16Flops: number;
  /** Dense FLOP/s in fp8; 0 where the GPU has none. */
  readonly fp8Flops: number;
  /** Bytes per second of NVLink in one direction. */
  readonly linkBandwidth: number;
  /** vLLM's defaults on it (arg_utils.py: by memory size, the A100 excepted). */
  readonly defaultBatchedTokens: number;
  readonly defaultSequences: number;
}

const GIB = 1_073_741_824;

// Data sheets, as listed in aiconfigurator's systems/*.yaml.
export const GPUS: Readonly<Record<GpuName, GpuSpec>> = {
  h100: {
    name: "H100-SXM-80GB",
    memoryBytes: 80 * GIB,
    bandwidth: 3.35e12,
    bf16Flops: 989e12,
    fp8Flops: 1978e12,
    linkBandwidth: 450e9,
    defaultBatchedTokens: 8192,
    defaultSequences: 1024,
  },
  h200: {
    name: "H200-SXM-141GB",
    memoryBytes: 151_397_597_184,
    bandwidth: 4.8e12,
    bf16Flops: 989e12,
    fp8Flops: 1978e12,
    linkBandwidth: 450e9,
    defaultBatchedTokens: 8192,
    defaultSequences: 1024,
  },
  a100: {
    name: "A100-SXM-80GB",
    memoryBytes: 80 * GIB,
    bandwidth: 2.039e12,
    bf16Flops: 312e12,
    fp8Flops: 0,
    linkBandwidth: 300e9,
    defaultBatchedTokens: 2048,
    defaultSequences: 256,
  },
};

export type GpuName = "h100" | "h200" | "a100";
