// How long workers are kept that are not needed: by the start-up, longer after a jump, and the decision says why.
import assert from "node:assert/strict";
import { test } from "node:test";
import { decideScale, NEW_SCALE_STATE, type ScaleSettings, usualStabilisation } from "../../src/autoscaling/index.ts";
import { loadProfile, stepCost } from "../../src/model/index.ts";

const cost = stepCost(loadProfile("llama-3.1-70b-a100-tp4-bf16"));
const SETTINGS: ScaleSettings = {
  mode: { kind: "slo" },
  minReplicas: 1,
  maxReplicas: 8,
  slo: { ttftP99Ms: 2000, itlP99Ms: 45 },
  headroom: 1,
  startupMs: 30_000,
  intervalMs: 10_000,
  ...usualStabilisation(30_000),
  upStep: 4,
  staleMs: 30_000,
  worker: { role: "both", cost, maxSequences: 256 },
};

/** Milliseconds from the end of the rates to the first worker that goes, and what the decision before it said. */
function keptFor(rates: readonly number[], more: Partial<ScaleSettings> = {}): { ms: number; said: string } {
  const settings = { ...SETTINGS, ...more };
  let [state, count, said] = [NEW_SCALE_STATE, 1, ""];
  for (let i = 0; i < rates.length + 100; i++) {
    const now = i * settings.intervalMs;
    const workers = Array.from({ length: count }, (_, k) => {
      return { id: `w${k}`, state: "ready", seenAt: now, waiting: 0, lossCost: k } as const;
    });
    const demand = { requestsPerSecond: rates[i] ?? 0.2, promptTokens: 1000, cachedTokens: 0, outputTokens: 200 };
    const { decision, state: next } = decideScale(state, { workers, demand }, { settings, now });
    if (i >= rates.length && decision.action === "down") return { ms: (i - rates.length) * 10_000, said };
    [state, count, said] = [next, decision.target, decision.reason];
  }
  return { ms: Number.POSITIVE_INFINITY, said };
}

const of = (rate: number, seconds: number): number[] => Array.from({ length: seconds / 10 }, () => rate);
/** From 1 to 3 requests/s in an hour: no minute is anything new. */
const GROWN = Array.from({ length: 360 }, (_, i) => 1 + i / 180);

test("where nobody says otherwise: one and a half start-ups, a minute at least, five after a jump", () => {
  const minutes = [10, 120, 600].map((seconds) => {
    const { stabilisationMs, stabilisationAfterJumpMs } = usualStabilisation(seconds * 1000);
    return [stabilisationMs / 60_000, stabilisationAfterJumpMs / 60_000];
  });
  assert.deepEqual(minutes, [
    [1, 5],
    [3, 5],
    [15, 15],
  ]);
});

test("after a jump workers are kept longer than after growth, and the decision says why; an hour later no more", () => {
  const grown = keptFor(GROWN);
  assert.doesNotMatch(grown.said, /jumped/);
  const jumped = keptFor([...of(1, 600), ...of(3, 600)]);
  assert.match(jumped.said, /of 300000 ms, as traffic jumped within the hour$/);
  assert.ok(jumped.ms >= grown.ms + 200_000, `${jumped.ms} and ${grown.ms}`);
  assert.doesNotMatch(keptFor([...of(1, 600), ...of(3, 4400)]).said, /jumped/);
});

test("a time that somebody stated holds after a jump too", () => {
  const { stabilisationAfterJumpMs: _, ...stated } = SETTINGS;
  assert.match(
    keptFor([...of(1, 600), ...of(3, 600)], { ...stated, stabilisationAfterJumpMs: 0 }).said,
    /of 60000 ms$/,
  );
});
