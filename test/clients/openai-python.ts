// The OpenAI SDK for Python, unmodified: one run of its script a target, one case a line that it prints.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { END, logit_bias, TOOL } from "../conformance/probes/tools.ts";
import { type Case, MODEL, type Target } from "../conformance/target.ts";
import { running } from "../conformance/worker-metrics.ts";
import { pythonOf } from "./python-environment.ts";

const SCRIPT = join(import.meta.dirname, "openai_python.py");
const NAMES = {
  listed: "models.list",
  whole: "chat.completions.create",
  stream: "chat.completions.create, stream",
  completion: "completions.create, stream",
  tools: "tools",
  structured: "structured output",
  responses: "responses.create",
  refused: "a refused request is a BadRequestError",
  unknown: "an unknown model is a NotFoundError",
  timeout: "a timeout is an APITimeoutError",
  left: "a stream that is left",
  many: "many at once",
} as const;

/** `install`: its absence is a failure. */
export function openaiPythonCases(install: boolean): Case[] {
  const environment = pythonOf("openai", install);
  const topic = "OpenAI SDK for Python";
  if ("absent" in environment)
    return [{ topic, name: "all", run: () => Promise.resolve(), skip: () => environment.absent }];
  const runs = new Map<Target, Promise<ReadonlyMap<string, string | null>>>();
  const outcomes = (target: Target): Promise<ReadonlyMap<string, string | null>> => {
    const run = runs.get(target) ?? runScript(environment.python, target);
    runs.set(target, run);
    return run;
  };
  const cases = Object.entries(NAMES).map(([key, name]) => ({
    topic,
    name,
    run: async (target: Target) => assert.equal((await outcomes(target)).get(key), null),
  }));
  return [...cases, { topic, name: "leaves nothing running", run: (target) => running(target, 0) }];
}

async function runScript(python: string, { url }: Target): Promise<ReadonlyMap<string, string | null>> {
  const guide = JSON.stringify({ logit_bias, tool: TOOL, end: END.logit_bias });
  const { stdout } = await promisify(execFile)(python, [SCRIPT, url, MODEL, guide], { timeout: 90_000 });
  const lines = stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as { readonly name: string; readonly error: string | null });
  return new Map(lines.map(({ name, error }) => [name, error]));
}
