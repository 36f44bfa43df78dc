// Replays the harness of a measured row: a closed loop of so many clients on one simulated worker.
import { seededRandom } from "../../src/core/index.ts";
import { type EngineProfile, loadProfile, type StepCoefficients } from "../../src/model/index.ts";
import { policies } from "../../src/routing/index.ts";
import { closedLoop, simulate, traceContents } from "../../src/simulator/index.ts";
import { shapedTrace } from "../../src/workload/index.ts";
import type { MeasuredRow } from "./measured-rows.ts";

/** How the load was made; a property of a data source, not of the engine. */
export interface Harness {
  /** Requests ÷ clients. */
  readonly rounds: number;
  /** Lengths are uniform between these shares of the nominal one. */
  readonly inputRange: readonly [number, number];
  readonly outputRange: readonly [number, number];
  /** Clients send their first request within this time. */
  readonly staggerMs: number;
  /** From the client's send to the engine: a fixed part and one per 1,024 prompt tokens. */
  readonly clientMs: number;
  readonly clientMsPerKiloToken: number;
  readonly maxBatchedTokens: number;
}

export interface Replayed {
  readonly ttftMs: number;
  readonly tpotMs: number;
}

export function profileOf(row: MeasuredRow, maxBatchedTokens: number): EngineProfile {
  return loadProfile(`${row.model}-h100-tp${row.tensorParallel}-${row.precision}`, { maxBatchedTokens });
}

/** Mean and half width of the ranges. */
function lengths(row: MeasuredRow, { inputRange, outputRange }: Harness) {
  const middle = ([low, high]: readonly [number, number]): number => (low + high) / 2;
  const jitter = ([low, high]: readonly [number, number]): number => (high - low) / (high + low);
  return {
    inputTokens: row.inputTokens * middle(inputRange),
    outputTokens: row.outputTokens * middle(outputRange),
    jitter: jitter(inputRange),
    outputJitter: jitter(outputRange),
  };
}

export function replayRow(row: MeasuredRow, harness: Harness, coefficients: StepCoefficients | undefined): Replayed {
  const found = profileOf(row, harness.maxBatchedTokens);
  const profile = coefficients === undefined ? found : { ...found, coefficients };
  const trace = shapedTrace({
    requests: harness.rounds * row.concurrency,
    arrivals: { kind: "constant", ratePerSecond: 1 },
    ...lengths(row, harness),
    spread: 0,
    sharedShare: 0,
    groups: 1,
    seed: "calibration",
  });
  const planned = traceContents(trace, { blockSize: 16, speed: 1, maxContext: 131_072 });
  const arrivals = closedLoop(planned, {
    concurrency: row.concurrency,
    staggerMs: harness.staggerMs,
    delayMs: harness.clientMs + (harness.clientMsPerKiloToken * row.inputTokens) / 1024,
    random: seededRandom("calibration clients"),
  });
  const run = simulate({ profiles: [profile], policy: policies.round_robin(), arrivals, seed: "1", index: false });
  let [ttft, tpot, count] = [0, 0, 0];
  for (const { sentAt, firstTokenAt = 0, lastTokenAt = 0, maxTokens } of run.requests) {
    ttft += firstTokenAt - sentAt;
    tpot += (lastTokenAt - firstTokenAt) / Math.max(1, maxTokens - 1);
    count++;
  }
  return { ttftMs: ttft / count, tpotMs: tpot / count };
}
