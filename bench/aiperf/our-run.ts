// One run of our load client, as `switchgear bench` runs it, over requests that are given.
import { realClock } from "../../src/core/index.ts";
import { loadClient, type RequestSample, runLoad, summarize } from "../../src/workload/index.ts";
import type { Figures, Workload } from "./agreement.ts";

export async function ourRun(url: string, bodies: readonly Buffer[], { concurrency }: Workload): Promise<Figures> {
  const startedAt = realClock.now();
  const client = loadClient({ url, clock: realClock, startedAt, timeoutMs: 60_000 });
  const samples: RequestSample[] = [];
  const plan = bodies.map((body) => ({ plannedAt: 0, path: "/v1/completions", body })).values();
  await runLoad({
    client,
    plan,
    clock: realClock,
    startedAt,
    concurrency,
    onSample: (sample) => void samples.push(sample),
  });
  await client.close();
  const summary = summarize(samples);
  if (summary.failed > 0)
    throw new Error(`${summary.failed} of our requests failed: ${Object.keys(summary.failures)[0]}`);
  return {
    ttftMs: summary.ttftMs.p50,
    tpotMs: summary.tpotMs.p50,
    gapMs: summary.itlMs.p50,
    outputTokensPerSecond: summary.outputTokensPerSecond,
  };
}
