// The seed's should_migrate, bit for bit: points, order and texts. Reported, not decided on.
import { pythonFixed, pythonFloat, pythonPercent } from "../core/index.ts";

/** A missing one cannot be judged; the seed would stop with a KeyError. */
export interface SeedFields {
  readonly gpu_utilization_avg?: number | undefined;
  readonly ttft_p99_ms?: number | undefined;
  readonly ttft_slo_ms?: number | undefined;
  readonly num_models?: number | undefined;
  readonly peak_to_avg_ratio?: number | undefined;
  /** Missing = 0, as in the seed. */
  readonly system_prompt_reuse_rate?: number | undefined;
  /** `num_models` was written as 2.0, which Python prints so. */
  readonly modelsAsFloat?: boolean;
}

export interface SeedRule {
  readonly field: string;
  readonly value: number | null;
  readonly threshold: number | null;
  readonly points: number;
  /** Null when the value is missing. */
  readonly fired: boolean | null;
}

export interface SeedScore {
  /** Of the rules that could be judged. */
  readonly score: number;
  /** Null when the missing values decide. */
  readonly migrate: boolean | null;
  readonly reasons: readonly string[];
  readonly rules: readonly SeedRule[];
  readonly missing: readonly string[];
}

interface Judged extends SeedRule {
  readonly reason: string;
}

export const SEED_MIGRATE_AT = 3;

export function seedScore(fields: SeedFields): SeedScore {
  const judged = [utilization(fields), ttft(fields), models(fields), peak(fields), reuse(fields)];
  const fired = judged.filter((one) => one.fired === true);
  const score = fired.reduce((sum, { points }) => sum + points, 0);
  const open = judged.filter((one) => one.fired === null);
  const possible = score + open.reduce((sum, { points }) => sum + points, 0);
  const decided = score >= SEED_MIGRATE_AT ? true : possible < SEED_MIGRATE_AT ? false : null;
  return {
    score,
    migrate: decided,
    reasons: fired.map(({ reason }) => reason),
    rules: judged.map(({ field, value, threshold, points, fired: did }) => ({
      field,
      value,
      threshold,
      points,
      fired: did,
    })),
    missing: open.map(({ field }) => field),
  };
}

interface Rule {
  readonly field: string;
  readonly value: number | undefined;
  readonly threshold: number | undefined;
  readonly points: number;
  readonly reason: (value: number) => string;
}

function judge({ field, value, threshold, points, reason }: Rule): Judged {
  const known = value !== undefined && threshold !== undefined;
  const fired = known ? value > threshold : null;
  const text = known && fired === true ? reason(value) : "";
  return { field, value: value ?? null, threshold: threshold ?? null, points, fired, reason: text };
}

function utilization({ gpu_utilization_avg: value }: SeedFields): Judged {
  const reason = (one: number): string => `GPU utilization ${pythonPercent(one, 0)} approaching limit`;
  return judge({ field: "gpu_utilization_avg", value, threshold: 0.75, points: 3, reason });
}

function ttft({ ttft_p99_ms: value, ttft_slo_ms: slo }: SeedFields): Judged {
  const reason = (one: number): string =>
    `TTFT P99 ${pythonFixed(one, 0)}ms approaching SLO ${pythonFixed(slo ?? Number.NaN, 0)}ms`;
  const threshold = slo === undefined ? undefined : slo * 0.8;
  return judge({ field: "ttft_p99_ms", value, threshold, points: 3, reason });
}

function models({ num_models: value, modelsAsFloat = false }: SeedFields): Judged {
  const reason = (one: number): string => `Serving ${modelsAsFloat ? pythonFloat(one) : one} models`;
  return judge({ field: "num_models", value, threshold: 1, points: 2, reason });
}

function peak({ peak_to_avg_ratio: value }: SeedFields): Judged {
  const reason = (one: number): string => `High peak/avg ratio ${pythonFixed(one, 1)}x needs autoscaling`;
  return judge({ field: "peak_to_avg_ratio", value, threshold: 2, points: 2, reason });
}

function reuse({ system_prompt_reuse_rate: value = 0 }: SeedFields): Judged {
  const reason = (): string => "High prefix reuse rate -- KV cache sharing would help";
  return judge({ field: "system_prompt_reuse_rate", value, threshold: 0.5, points: 1, reason });
}
