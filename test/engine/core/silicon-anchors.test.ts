// The engine under a closed loop gives the TPOT and TTFT that were measured on vLLM (Llama-3.1-70B FP8, H100; aiconfigurator's silicon_sample.csv).
import assert from "node:assert/strict";
import { test } from "node:test";
import { seededRandom } from "../../../src/core/index.ts";
import { engineCore } from "../../../src/engine/index.ts";
import { loadProfile, stepCost } from "../../../src/model/index.ts";
import { sampleRequest } from "./sample-request.ts";

/** TP, prompt tokens, concurrency, mean TTFT and TPOT in ms; 1,024 tokens of output. */
const ANCHORS = [
  [2, 1024, 4, 121, 17.4],
  [2, 1024, 16, 253, 19.7],
  [4, 1024, 4, 81, 11.8],
  [4, 1024, 8, 96, 12.1],
  [4, 1024, 16, 121, 13.2],
  [4, 1024, 32, 175, 16.5],
  [8, 1024, 4, 70, 9.1],
  [8, 1024, 8, 76, 9.4],
  [8, 1024, 16, 93, 11.4],
  [8, 1024, 32, 124, 12.6],
  [4, 8192, 4, 453, 13.3],
  [4, 8192, 16, 732, 21.1],
  [8, 8192, 4, 301, 10.2],
  [8, 8192, 16, 483, 15.9],
] as const;

/** The source's harness: lengths are uniform from 0.8 of the nominal one up to it. */
const LEAST = 0.8;

interface Measured {
  readonly ttft: number;
  readonly tpot: number;
}

/** The harness of the measurements: all clients start at once, each sends its next request when the last one ended. */
function closedLoop(tp: number, promptTokens: number, clients: number): Measured {
  const profile = loadProfile(`llama-3.1-70b-h100-tp${tp}-fp8`);
  const cost = stepCost(profile);
  const core = engineCore({ ...profile.limits, cost });
  const random = seededRandom("anchors");
  const total = 10 * clients;
  const sent = new Map<string, { at: number; maxTokens: number }>();
  const first = new Map<string, number>();
  const times: Measured[] = [];
  let now = 0;

  function send(): void {
    const id = `r${sent.size}`;
    if (sent.size === total) return;
    const vary = (length: number): number => Math.round(length * (LEAST + (1 - LEAST) * random.next()));
    const prompt = Array.from({ length: vary(promptTokens) }, () => random.int(100_000));
    const sample = (): { token: number } => ({ token: 1 });
    const maxTokens = vary(1024);
    sent.set(id, { at: now, maxTokens });
    core.add(sampleRequest(id, prompt, { maxTokens, sample }), now);
  }

  for (let i = 0; i < clients; i++) send();
  while (times.length < total) {
    now += core.schedule(now)?.durationMs ?? assert.fail("idle before the end");
    for (const { id, finish } of core.complete(now)) {
      const start = first.get(id) ?? now;
      first.set(id, start);
      if (finish === undefined) continue;
      const { at, maxTokens } = sent.get(id) ?? assert.fail("never sent");
      times.push({ ttft: start - at + cost.overheadMs(promptTokens), tpot: (now - start) / (maxTokens - 1) });
      send();
    }
  }
  const mean = (of: (one: Measured) => number): number => times.reduce((sum, one) => sum + of(one), 0) / times.length;
  return { ttft: mean((one) => one.ttft), tpot: mean((one) => one.tpot) };
}

test("TPOT and TTFT of the measured runs are met on average, and no row is far off", () => {
  const rows = ANCHORS.map(([tp, promptTokens, clients, ttft, tpot]) => {
    const made = closedLoop(tp, promptTokens, clients);
    return { tp, promptTokens, clients, ttft: made.ttft / ttft - 1, tpot: made.tpot / tpot - 1 };
  });
  const mean = (of: "ttft" | "tpot"): number => rows.reduce((sum, row) => sum + Math.abs(row[of]), 0) / rows.length;
  const table = JSON.stringify(rows, undefined, 1);
  assert.ok(mean("tpot") <= 0.04 && mean("ttft") <= 0.07, table);
  assert.ok(
    rows.every((row) => Math.abs(row.tpot) <= 0.11 && Math.abs(row.ttft) <= 0.3),
    table,
  );
});
