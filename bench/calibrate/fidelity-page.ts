// docs/fidelity.md: the error of every measured row, never only means.
import type { MeasuredRow } from "./measured-rows.ts";
import type { Harness } from "./replay-row.ts";

export interface RowError {
  readonly row: MeasuredRow;
  /** Simulated ÷ measured − 1. */
  readonly ttft: number;
  readonly tpot: number;
  readonly saturated: boolean;
  /** The row took part in the choice of the harness. */
  readonly calibration?: boolean;
}

export interface FidelityPage {
  readonly llama: readonly RowError[];
  readonly qwen: readonly RowError[];
  readonly llamaHarness: Harness;
  readonly qwenHarness: Harness;
  readonly saturatedMs: number;
  readonly hash: string;
  readonly dataHash: string;
}

const SETS: readonly (readonly [string, (page: FidelityPage) => readonly RowError[], string])[] = [
  ["Llama-3.1-70B FP8, H100, in sample", ({ llama }) => llama.filter(({ saturated }) => !saturated), "≤ 4 / ≤ 7"],
  ["Qwen3-32B bf16, H100, coefficients frozen, all rows", ({ qwen }) => qwen, "≤ 6 / ≤ 15"],
  ["– calibration half (chose the harness)", ({ qwen }) => qwen.filter(({ calibration }) => calibration), ""],
  ["– other half", ({ qwen }) => qwen.filter(({ calibration }) => !calibration), ""],
];

export function fidelityPage(page: FidelityPage): { readonly text: string; readonly summary: string } {
  const summary = SETS.map(([name, of, target]) => {
    const list = of(page);
    return `| ${name} | ${list.length} | ${mean(list, "tpot")} | ${mean(list, "ttft")} | ${worst(list, "tpot")} | ${worst(list, "ttft")} | ${target} |\n`;
  }).join("");
  const head =
    "| set | rows | TPOT error % | TTFT error % | worst TPOT | worst TTFT | target TPOT / TTFT |\n|---|---|---|---|---|---|---|\n";
  const text = `# Fidelity of the step-time model

Written by \`npm run calibrate\`; do not edit. Coefficients ${page.hash.slice(0, 16)}, data ${page.dataHash.slice(0, 16)}.
Measured: mean TTFT and TPOT of vLLM from aiconfigurator's \`silicon_sample.csv\` (ai-dynamo/aiconfigurator 095f58a, Apache-2.0; a subset). The measured
values themselves are not repeated here. Error = simulated ÷ measured − 1; the means are of absolute errors.

${head}${summary}
## What was done

The fit uses the Llama rows with a measured TTFT below ${page.saturatedMs / 1000} s. Above it the KV cache was full and TTFT is the length of a queue,
which depends on the exact number of KV blocks; those rows are listed, marked, and not counted. Nothing was fitted to a Qwen row but the
harness. For bf16 the efficiencies of the linear layers (.72, .84) come from aiconfigurator's operator tables, and that of reading the KV cache is the
fitted one at two bytes an element: derived, not fitted.
A fit starts from the coefficients that are there and ends after four rounds: run again, it moves some of them a little. \`npm run calibrate -- --frozen\`
keeps them and computes this page.

TTFT under a closed loop is a property of the harness as much as of the engine, so the harness is explicit:

| | Llama rows | Qwen rows |
|---|---|---|
| lengths ÷ nominal, uniform | ${range(page.llamaHarness)} (range ratio 0.8, the source's convention) | ${range(page.qwenHarness)} |
| requests per client | ${page.llamaHarness.rounds} | ${page.qwenHarness.rounds} |
| first requests | all at once | all at once |
| from the client's send to the engine | ${client(page.llamaHarness)} | ${client(page.qwenHarness)} |
| token budget of a step | ${page.llamaHarness.maxBatchedTokens} | ${page.qwenHarness.maxBatchedTokens} |

The Qwen rows' harness is not published. Its length range and the time from client to engine were chosen from a grid on every second row; that
time grows with the prompt and is not seen in the Llama rows. It may be the client's own work, or something in that vLLM version that we do not model.

## Every row

${rowTable("Llama-3.1-70B FP8", page.llama)}
${rowTable("Qwen3-32B bf16", page.qwen)}`;
  return { text, summary: head + summary };
}

function rowTable(title: string, list: readonly RowError[]): string {
  const lines = list.map(({ row, ttft, tpot, saturated, calibration }) => {
    const { tensorParallel: tp, inputTokens, outputTokens, concurrency } = row;
    const note = saturated ? "saturated, not counted" : calibration ? "calibration half" : "";
    return `| ${tp} | ${inputTokens} | ${outputTokens} | ${concurrency} | ${percent(tpot)} | ${percent(ttft)} | ${note} |\n`;
  });
  return `### ${title}\n\n| TP | input | output | clients | TPOT error % | TTFT error % | |\n|---|---|---|---|---|---|---|\n${lines.join("")}`;
}

function range({ inputRange: [low, high] }: Harness): string {
  return `${low.toFixed(2)} … ${high.toFixed(2)}`;
}

function client({ clientMs, clientMsPerKiloToken }: Harness): string {
  return `${clientMs} ms + ${clientMsPerKiloToken} ms per 1,024 prompt tokens`;
}

function mean(list: readonly RowError[], of: "ttft" | "tpot"): string {
  return ((100 * list.reduce((sum, one) => sum + Math.abs(one[of]), 0)) / list.length).toFixed(2);
}

function worst(list: readonly RowError[], of: "ttft" | "tpot"): string {
  return percent(list.reduce((most, one) => (Math.abs(one[of]) > Math.abs(most) ? one[of] : most), 0));
}

function percent(share: number): string {
  return `${share >= 0 ? "+" : "−"}${Math.abs(100 * share).toFixed(1)}`;
}
