// The text of src/model/fitted-coefficients.ts: values, where they come from, and a hash against edits by hand.
import { createHash } from "node:crypto";
import type { StepCoefficients } from "../../src/model/index.ts";
import type { RowError } from "./fidelity-page.ts";

export function hashOf(values: StepCoefficients): string {
  return createHash("sha256").update(JSON.stringify(values)).digest("hex");
}

export function coefficientFile(
  values: StepCoefficients,
  { dataHash, errors }: { readonly dataHash: string; readonly errors: readonly RowError[] },
): string {
  const counted = errors.filter(({ saturated }) => !saturated);
  const mean = (of: "ttft" | "tpot"): number =>
    Number(((100 * counted.reduce((sum, one) => sum + Math.abs(one[of]), 0)) / counted.length).toFixed(2));
  const lines = Object.entries(values).map(([key, value]) => `    ${key}: ${value},`);
  return `// Fitted coefficients of the step-time model. Written by \`npm run calibrate\`; the residual of every row is in docs/fidelity.md.
import type { StepCoefficients } from "./coefficients.ts";

export const FITTED = {
  source: "aiconfigurator 095f58a silicon_sample.csv, Llama-3.1-70B FP8, H100, vLLM, TP2/4/8, TTFT < 5 s",
  rows: ${counted.length},
  /** Mean absolute errors in percent. */
  tpotError: ${mean("tpot")},
  ttftError: ${mean("ttft")},
  /** SHA-256 of the data file, and of \`values\` as JSON. */
  dataHash: "${dataHash}",
  hash: "${hashOf(values)}",
  values: {
${lines.join("\n")}
  } satisfies StepCoefficients as StepCoefficients,
};
`;
}
