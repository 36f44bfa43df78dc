// `npm run calibrate`: fits the step model to measured rows, chooses each source's harness, writes coefficients and docs/fidelity.md.
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { StepCoefficients } from "../../src/model/index.ts";
import { FITTED } from "../../src/model/fitted-coefficients.ts";
import { bf16Of } from "../../src/model/coefficients.ts";
import { fidelityPage, type RowError } from "./fidelity-page.ts";
import { fit } from "./fit.ts";
import { type MeasuredRow, measuredRows } from "./measured-rows.ts";
import { type Harness, replayRow } from "./replay-row.ts";
import { coefficientFile, hashOf } from "./coefficient-file.ts";

const ROOT = join(import.meta.dirname, "../..");
const { values } = parseArgs({
  options: {
    data: { type: "string", default: join(ROOT, "../shared/data/aiconfigurator/calibration.csv") },
    /** Keep the coefficients, only recompute the errors. */
    frozen: { type: "boolean", default: false },
  },
});

/** Rows above it are out of KV memory: their TTFT is the length of a queue. */
const SATURATED_MS = 5000;

/** InferenceX's convention, by which these rows were made: lengths from 0.8 of the nominal one up, 10 requests a client. */
const LLAMA_HARNESS: Harness = {
  rounds: 10,
  inputRange: [0.8, 1],
  outputRange: [0.8, 1],
  staggerMs: 0,
  clientMs: 0,
  clientMsPerKiloToken: 0,
  maxBatchedTokens: 8192,
};

/** The harness of the Qwen rows is not published: the grid from which the calibration half chooses. */
const QWEN_HARNESSES: readonly Harness[] = [0, 20, 30, 40, 50].flatMap((clientMsPerKiloToken) =>
  [0.03, 0.1, 0.2, 0.3].map((jitter) => ({
    ...LLAMA_HARNESS,
    inputRange: [1 - jitter, 1 + jitter] as const,
    outputRange: [1 - jitter, 1 + jitter] as const,
    clientMsPerKiloToken,
  })),
);

/** Not `joint`: the rows hardly tell it, and the H200 rows of an earlier fit held with 2.08. */
const FREE: readonly (keyof StepCoefficients)[] = [
  "perPrefillLayer",
  "perStep",
  "perLayer",
  "perSequence",
  "kvBandwidth",
  "attentionCompute",
  "linearCompute",
  "linearBandwidth",
  "reduceBase",
  "reducePerDoubling",
  "reduceBandwidth",
  "overhead",
  "overheadPerKiloToken",
];

const rows = measuredRows(values.data);
if (rows === undefined) {
  process.stdout.write(`calibrate: skipped, ${values.data} is not there\n`);
  process.exit(0);
}
const llama = rows.filter(({ model }) => model === "llama-3.1-70b");
const qwen = rows.filter(({ model }) => model === "qwen3-32b");
const fitted = values.frozen ? FITTED.values : fitLlama(llama.filter(isUnsaturated));
const half = qwen.filter((_, i) => i % 2 === 0);
const harness = QWEN_HARNESSES.reduce((best, one) => (lossOf(half, one) < lossOf(half, best) ? one : best));
const llamaErrors = llama.map((row) => errorOf(row, LLAMA_HARNESS, fitted));
const qwenErrors = qwen.map((row, i) => ({ ...errorOf(row, harness, bf16Of(fitted)), calibration: i % 2 === 0 }));
const dataHash = createHash("sha256").update(readFileSync(values.data)).digest("hex");
if (!values.frozen) {
  writeFileSync(
    join(ROOT, "src/model/fitted-coefficients.ts"),
    coefficientFile(fitted, { dataHash, errors: llamaErrors }),
  );
}
const page = fidelityPage({
  llama: llamaErrors,
  qwen: qwenErrors,
  llamaHarness: LLAMA_HARNESS,
  qwenHarness: harness,
  saturatedMs: SATURATED_MS,
  hash: hashOf(fitted),
  dataHash,
});
writeFileSync(join(ROOT, "docs/fidelity.md"), page.text);
process.stdout.write(page.summary);

function isUnsaturated({ ttftMs }: MeasuredRow): boolean {
  return ttftMs < SATURATED_MS;
}

function fitLlama(list: readonly MeasuredRow[]): StepCoefficients {
  // Answers of 8,192 tokens from many clients take most of the time and tell little more.
  const quick = list.filter(({ outputTokens, concurrency }) => outputTokens < 8192 || concurrency <= 8);
  return fit({
    start: FITTED.values,
    free: FREE,
    loss: (coefficients) => loss(quick.map((row) => errorOf(row, LLAMA_HARNESS, coefficients))),
    steps: [0.3, 0.15, 0.08, 0.04],
    onRound: (step, lowest) => process.stderr.write(`step ${step}: loss ${lowest.toFixed(4)}\n`),
  });
}

function lossOf(list: readonly MeasuredRow[], one: Harness): number {
  return loss(list.map((row) => errorOf(row, one, bf16Of(fitted))));
}

/** TPOT counts twice: it is a property of the engine alone. */
function loss(errors: readonly RowError[]): number {
  return errors.reduce((sum, { ttft, tpot }) => sum + Math.abs(ttft) + 2 * Math.abs(tpot), 0) / errors.length;
}

function errorOf(row: MeasuredRow, one: Harness, coefficients: StepCoefficients): RowError {
  const made = replayRow(row, one, coefficients);
  return {
    row,
    ttft: made.ttftMs / row.ttftMs - 1,
    tpot: made.tpotMs / row.tpotMs - 1,
    saturated: !isUnsaturated(row),
  };
}
