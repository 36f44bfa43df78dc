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
    assert.ok(Object.values(figures).every((figure) => figure > 0));
    await running(target, 0);
  };
  const skip: Case["skip"] = ({ gateway }) => {
    if ("absent" in environment) return environment.absent;
    return gateway === undefined ? "takes half a minute: through the gateway only" : undefined;
  };
  return [{ topic: "AIPerf", name, run, skip }];
}
