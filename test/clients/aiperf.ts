// NVIDIA AIPerf, unmodified, with a tokenizer from this disk.
import assert from "node:assert/strict";
import { aiperfRun } from "../../bench/aiperf/aiperf-run.ts";
import type { Case } from "../conformance/target.ts";
import { running } from "../conformance/worker-metrics.ts";
import { pythonOf } from "./python-environment.ts";

const WORKLOAD = { requests: 6, concurrency: 2, inputTokens: 64, outputTokens: 8 };

export function aiperfCases(install: boolean): Case[] {
  const environment = pythonOf("aiperf", install);
  const name = "measures a stream of completions";
  const run: Case["run"] = async (target) => {
    assert.ok("python" in environment);
    const { figures, bodies } = await aiperfRun(environment.python, target.url, WORKLOAD);
    assert.equal(bodies.length, WORKLOAD.requests);
    const text = JSON.stringify(figures);
    assert.ok(figures.ttftMs > 0 && figures.outputTokensPerSecond > 0, text);
    // Chunks that a busy machine reads together have no time between them.
    assert.ok(figures.tpotMs >= 0 && figures.gapMs >= 0, text);
    await running(target, 0);
  };
  const skip: Case["skip"] = ({ gateway }) => {
    if ("absent" in environment) return environment.absent;
    return gateway === undefined ? "takes half a minute: through the gateway only" : undefined;
  };
  return [{ topic: "AIPerf", name, run, skip }];
}
