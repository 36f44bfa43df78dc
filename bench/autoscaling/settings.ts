// The settings of the proof: a day, bursts, a step, a flash crowd.
import { loadProfile } from "../../src/model/index.ts";
import type { Setting } from "./setting.ts";
import { along, AZURE, bursts, daily, flashCrowd, MOONCAKE, readTrace, type Shape, step } from "./traffic.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
export const START_UPS_MS = [30_000, 120_000, 600_000];

const AZURE_SLO = { ttftMs: 2000, itlMs: 45 };
const MOONCAKE_SLO = { ttftMs: 10_000, itlMs: 100 };

export const NAMES = ["day", "bursts", "step", "flash crowd"] as const;
export type SettingName = (typeof NAMES)[number];

const SHAPES: Readonly<Record<Exclude<SettingName, "bursts">, Shape>> = {
  day: { durationMs: 24 * HOUR_MS, meanPerSecond: 1.1, rateAt: daily(24 * HOUR_MS) },
  step: { durationMs: 2 * HOUR_MS, meanPerSecond: 1.6, rateAt: step(40 * MINUTE_MS, 80 * MINUTE_MS, 4) },
  "flash crowd": { durationMs: 1.5 * HOUR_MS, meanPerSecond: 1.2, rateAt: flashCrowd(30 * MINUTE_MS, 5) },
};

const LOOKS = 2000;

/** Requests a second of the shape itself. */
export function knownRate(name: keyof typeof SHAPES): (ms: number) => number {
  const { durationMs, meanPerSecond, rateAt } = SHAPES[name];
  const parts = Array.from({ length: LOOKS }, (_, i) => rateAt(((i + 0.5) * durationMs) / LOOKS));
  const mean = parts.reduce((sum, one) => sum + one, 0) / LOOKS;
  return (ms) => (meanPerSecond * rateAt(Math.min(durationMs, ms))) / mean;
}

export function settingOf(name: SettingName, startUpMs: number): Setting {
  const base = { name, startUpMs, seed: "1", most: 8, initial: name === "day" ? 1 : 2 };
  if (name === "bursts") {
    const shape = { durationMs: HOUR_MS, meanPerSecond: 3.3, rateAt: bursts(3) };
    const profile = loadProfile("qwen3-32b-h200-tp2-bf16");
    const planned = along(readTrace(MOONCAKE), shape, { maxContext: profile.maxModelLength });
    return { ...base, profile, planned, slo: MOONCAKE_SLO, durationMs: shape.durationMs };
  }
  const profile = loadProfile("llama-3.1-70b-a100-tp4-bf16");
  const shape = SHAPES[name];
  const planned = along(readTrace(AZURE), shape, { maxContext: profile.maxModelLength });
  return { ...base, profile, planned, slo: AZURE_SLO, durationMs: shape.durationMs };
}
