// What rules could do that no pool can have: the capacity of a worker told beforehand, and with it the true rate. They part the oracle's advantage.
import type { ScaleRule, ScalingResult } from "../../src/simulator/index.ts";
import { runRule, type Setting } from "./setting.ts";
import { knownRate, settingOf, START_UPS_MS } from "./settings.ts";

const REFERENCES = ["capacity told", "capacity and rate told"] as const;

export interface ReferenceRow extends ScalingResult {
  readonly startUpMs: number;
  readonly told: (typeof REFERENCES)[number];
  /** Requests a second that one worker is taken to be able to serve. */
  readonly perWorker: number;
}

/** Chosen afterwards, with the traffic known: the one that attains 99 % at short start-ups, and one with some room. */
const PER_WORKER = [0.8, 0.7];

/** The day only. */
export function references(tell: (line: string) => void): ReferenceRow[] {
  return START_UPS_MS.flatMap((startUpMs) => {
    const setting = settingOf("day", startUpMs);
    return REFERENCES.flatMap((told) =>
      PER_WORKER.map((perWorker) => {
        const rule = told === "capacity told" ? seenRate(setting, perWorker) : trueRate(setting, perWorker);
        const row = { startUpMs, told, perWorker, ...runRule(setting, rule) };
        tell(
          `${told}, ${perWorker}, ${startUpMs / 1000} s: ${row.attainment.toFixed(4)} in ${row.gpuHours.toFixed(1)}`,
        );
        return row;
      }),
    );
  });
}

const INTERVAL_MS = 10_000;
const WINDOW_MS = 300_000;

/** The mean rate of five minutes; fewer workers when five minutes asked for no more. */
function seenRate({ most }: Setting, perWorker: number): ScaleRule {
  let rates: { readonly at: number; readonly rate: number }[] = [];
  let wishes: { readonly at: number; readonly replicas: number }[] = [];
  return {
    intervalMs: INTERVAL_MS,
    decide({ workers, demand }, now) {
      const present = workers.filter(({ state }) => state !== "draining").length;
      if (demand === undefined) return { target: present };
      rates = [...rates.filter(({ at }) => at > now - WINDOW_MS), { at: now, rate: demand.requestsPerSecond }];
      const mean = rates.reduce((sum, { rate }) => sum + rate, 0) / rates.length;
      const replicas = needed(mean, perWorker, most);
      wishes = [...wishes.filter(({ at }) => at >= now - WINDOW_MS), { at: now, replicas }];
      const asked = Math.max(...wishes.map((one) => one.replicas));
      return { target: replicas >= present ? replicas : Math.min(present, asked) };
    },
  };
}

/** The day's wave itself, of now and of a start-up later: no chance, no bursts. */
function trueRate({ startUpMs, most }: Setting, perWorker: number): ScaleRule {
  const rate = knownRate("day");
  return {
    intervalMs: INTERVAL_MS,
    decide: (_seen, now) => ({ target: needed(Math.max(rate(now), rate(now + startUpMs)), perWorker, most) }),
  };
}

function needed(requestsPerSecond: number, perWorker: number, most: number): number {
  return Math.min(most, Math.max(1, Math.ceil(requestsPerSecond / perWorker)));
}
