// A JSON file of the seed's fields, and the two that say how much data stands behind them.
import { SwitchgearError } from "../core/index.ts";
import type { SeedFields } from "./seed-score.ts";

export interface FieldsFile {
  readonly fields: SeedFields;
  /** Time that the figures cover. */
  readonly windowHours: number | undefined;
  readonly ttftSamples: number | undefined;
}

const FIELDS = [
  "gpu_utilization_avg",
  "ttft_p99_ms",
  "ttft_slo_ms",
  "num_models",
  "peak_to_avg_ratio",
  "system_prompt_reuse_rate",
] as const;
const KNOWN = new Set<string>([...FIELDS, "window_hours", "ttft_samples"]);

export function parseFieldsFile(file: string, text: string): FieldsFile {
  const floats = new Set<string>();
  const value = parse(file, text, floats);
  for (const [key, one] of Object.entries(value)) {
    if (!KNOWN.has(key)) throw bad(`${file}: ${key}`, "unknown field", `one of ${[...KNOWN].join(", ")}`);
    if (typeof one !== "number" || one < 0) throw bad(`${file}: ${key}`, "no number from 0", "a number from 0", one);
  }
  const numbers = value as Readonly<Record<string, number | undefined>>;
  const fields = Object.fromEntries(FIELDS.map((name) => [name, numbers[name]]));
  return {
    fields: { ...fields, modelsAsFloat: floats.has("num_models") },
    windowHours: numbers["window_hours"],
    ttftSamples: numbers["ttft_samples"],
  };
}

function parse(file: string, text: string, floats: Set<string>): Readonly<Record<string, unknown>> {
  const note = (key: string, value: unknown, { source }: { source?: string }): unknown => {
    if (typeof value === "number" && /[.eE]/.test(source ?? "")) floats.add(key);
    return value;
  };
  try {
    // The third parameter of a reviver is newer than its type.
    const value: unknown = JSON.parse(text, note as (key: string, value: unknown) => unknown);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch (cause) {
    throw new SwitchgearError("SWG_METRICS_UNUSABLE", "this is no JSON", { where: file, cause });
  }
  throw bad(file, "this is no object of fields", `an object with ${FIELDS.join(", ")}`);
}

function bad(where: string, message: string, expected: string, value?: unknown): SwitchgearError {
  return new SwitchgearError("SWG_METRICS_UNUSABLE", message, {
    where,
    expected,
    ...(value === undefined ? {} : { value }),
  });
}
