// Fitted coefficients of the step-time model. Written by `npm run calibrate`; the residual of every row is in docs/fidelity.md.
import type { StepCoefficients } from "./coefficients.ts";

export const FITTED = {
  source: "aiconfigurator 095f58a silicon_sample.csv, Llama-3.1-70B FP8, H100, vLLM, TP2/4/8, TTFT < 5 s",
  rows: 42,
  /** Mean absolute errors in percent. */
  tpotError: 2.14,
  ttftError: 4.41,
  /** SHA-256 of the data file, and of `values` as JSON. */
  dataHash: "2c65f63234872859a4b9dda95bf7b89376a72b0cdf6f84e1d2615920c565d356",
  hash: "c9df3fc479ecc525cf74c008c3aef1604b42bdc5a365cd7eae43e30b1f95627b",
  values: {
    linearCompute: 0.521,
    linearBandwidth: 0.906,
    joint: 2.08,
    kvBandwidth: 0.353,
    attentionCompute: 0.538,
    reduceBase: 0.00000348,
    reducePerDoubling: 0.00000403,
    reduceBandwidth: 0.926,
    perLayer: 0.0000162,
    perPrefillLayer: 0.0000208,
    perStep: 0.00215,
    perSequence: 0.0000312,
    overhead: 0.0204,
    overheadPerKiloToken: 0.00205,
  } satisfies StepCoefficients as StepCoefficients,
};
