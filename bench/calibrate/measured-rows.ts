// The measured rows: mean TTFT and TPOT of vLLM under a closed loop, from aiconfigurator's silicon_sample.csv.
import { existsSync, readFileSync } from "node:fs";
import type { ModelName } from "../../src/model/index.ts";

export interface MeasuredRow {
  readonly model: ModelName;
  readonly precision: "fp8" | "bf16";
  readonly tensorParallel: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly concurrency: number;
  readonly ttftMs: number;
  readonly tpotMs: number;
}

/** Undefined when the file is not there. */
export function measuredRows(file: string): MeasuredRow[] | undefined {
  if (!existsSync(file)) return undefined;
  const [head = "", ...lines] = readFileSync(file, "utf8").trim().split(/\r?\n/);
  const names = head.split(",");
  const rows = lines.map((line) => rowOf(names, line.split(",")));
  return rows.sort((a, b) => order(a) - order(b));
}

function rowOf(names: readonly string[], cells: readonly string[]): MeasuredRow {
  const cell = (name: string): string => cells[names.indexOf(name)] ?? "";
  const isLlama = cell("model_path").includes("Llama-3.1-70B");
  return {
    model: isLlama ? "llama-3.1-70b" : "qwen3-32b",
    precision: isLlama ? "fp8" : "bf16",
    tensorParallel: Number(cell("tp_size")),
    inputTokens: Number(cell("isl")),
    outputTokens: Number(cell("osl")),
    concurrency: Number(cell("batch_size")),
    ttftMs: Number(cell("silicon_ttft_ms")),
    tpotMs: Number(cell("silicon_tpot_ms")),
  };
}

function order({ model, tensorParallel, inputTokens, outputTokens, concurrency }: MeasuredRow): number {
  const shape = (tensorParallel * 20_000 + inputTokens) * 20_000 + outputTokens;
  return (model === "qwen3-32b" ? 1e13 : 0) + shape * 1000 + concurrency;
}
