// `npm run bench:traces`: what the public traces are like, as statistics that the repo may keep; bench/results/traces.json.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { percentile } from "../../src/core/index.ts";
import { parseTrace, TRACE_PRESETS, type TracePresetName, traceStatistics } from "../../src/workload/index.ts";

const DATA = join(import.meta.dirname, "../../../shared/data");
const RESULTS = join(import.meta.dirname, "../results/traces.json");
const AZURE = { source: "Azure/AzurePublicDataset b469a11, CC-BY-4.0" };

const SOURCES: Readonly<Record<TracePresetName, { readonly file: string; readonly source: string }>> = {
  conversation: { file: "mooncake/conversation_trace.jsonl", source: "kvcache-ai/Mooncake 3b5a594, Apache-2.0" },
  azure_code: { file: "azure/AzureLLMInferenceTrace_code.csv", ...AZURE },
  azure_conv: { file: "azure/AzureLLMInferenceTrace_conv.csv", ...AZURE },
};

const found = Object.fromEntries(
  Object.entries(SOURCES).map(([name, { file, source }]) => [name, { file, source, ...statisticsOf(name, file) }]),
);
writeFileSync(RESULTS, `${JSON.stringify(found, undefined, 2)}\n`);
process.stdout.write(`wrote ${RESULTS}\n`);

function statisticsOf(name: string, file: string): object {
  const path = join(DATA, file);
  if (!existsSync(path)) throw new Error(`${path} is not there: get the trace first`);
  const trace = parseTrace(readFileSync(path, "utf8"), { file });
  const inputs = trace.rows.map(({ inputTokens }) => inputTokens).sort((a, b) => a - b);
  const outputs = trace.rows.map(({ outputTokens }) => outputTokens).sort((a, b) => a - b);
  const { input, output } = TRACE_PRESETS[name as TracePresetName];
  return {
    ...traceStatistics(trace),
    inputQuantiles: input.map(([share]) => [share, percentile(inputs, 100 * share)]),
    outputQuantiles: output.map(([share]) => [share, percentile(outputs, 100 * share)]),
  };
}
