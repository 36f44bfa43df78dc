// What the input leaves out and the deployment states: vLLM's own default of that release, or what follows from other options.
import { defaultGpuMemoryUtilization, defaultPrefixCaching, isBefore } from "../../vllm/index.ts";
import { type Context, isSet } from "./context.ts";
import { OPEN_DISPOSITIONS, type Outcome } from "./disposition.ts";
import type { FieldValue } from "./draft.ts";
import type { Facts } from "./reading.ts";

const pool = (field: string): string => `spec.serving.{pool}.${field}`;

export function addDefaults(context: Context): void {
  const { draft, version } = context;
  const release = `vLLM ${version.text}`;
  addModel(context);
  own(context, "spec.model.dtype", "auto", `default of ${release}`);
  own(context, pool("tensorParallelSize"), 1, `default of ${release}`);
  if (!context.effective.has("--kv-cache-memory-bytes")) {
    const share = defaultGpuMemoryUtilization(version);
    own(context, pool("gpuMemoryUtilization"), share, `default of ${release}`);
  }
  own(context, pool("replicas"), 1, "one server, as today");
  draft.set(pool("engine"), "vllm");
  addAlgorithm(context, release);
  addGpus(context);
  if (draft.get(pool("maxBatchSize")) === undefined) context.notes.push(LEFT_OUT.batch);
  if (draft.get(pool("maxModelLen")) === undefined) context.notes.push(LEFT_OUT.length);
}

const LEFT_OUT = {
  batch: "maxBatchSize is not written: vLLM chooses it by GPU (1024 with 70 GiB and more except A100, else 256)",
  length: "maxModelLen is not written: vLLM takes it from the model",
};

/** As `--set` has it for the pool, else as the input. */
function count({ set, draft }: Context, name: PoolName, field: string): number {
  const value = set.get(`spec.serving.${name}.${field}`) ?? draft.get(pool(field));
  return typeof value === "number" ? value : 1;
}

type PoolName = "workers" | "prefill" | "decode";

/** Not where something was said that could not be read: a default in its place would be made up. */
function own(context: Context, path: string, value: FieldValue, comment: string): void {
  if (context.draft.get(path) !== undefined || isSet(context, path) || isOpen(context, path)) return;
  context.draft.set(path, value, comment);
  defaulted(context, path, `${JSON.stringify(value)}: ${comment}`);
}

function isOpen({ reading }: Context, path: string): boolean {
  return reading.ledger.reports.some(
    ({ target, disposition }) => target === path && OPEN_DISPOSITIONS.has(disposition),
  );
}

function defaulted({ reading }: Context, target: string, reason: string): void {
  reading.ledger.take([], { disposition: "defaulted", code: "own-default", target, reason });
}

/** Kept as today: without a model vLLM serves a small one of its own. */
function addModel(context: Context): void {
  const { draft, version } = context;
  const name = draft.get("spec.model.name");
  if (name === undefined && !isSet(context, "spec.model.name")) {
    if (!isBefore(version, "0.10.0"))
      own(context, "spec.model.name", "Qwen/Qwen3-0.6B", `default of vLLM ${version.text}`);
  }
  if (typeof name === "string" && /^[./]/.test(name)) draft.set("spec.model.source", "local", "the model is a path");
}

function addAlgorithm(context: Context, release: string): void {
  const path = "spec.routing.algorithm";
  if (context.draft.get(path) !== undefined) return;
  const useV1 = context.reading.env.findLast(({ name }) => name === "VLLM_USE_V1")?.value;
  const caching = defaultPrefixCaching(context.version, useV1);
  const said = `${release} ${caching ? "caches prefixes" : "does not cache prefixes"} unless told otherwise`;
  own(context, path, caching ? "kv_aware" : "least_loaded", said);
}

/** Not of parallel sizes that could not be read. */
function addGpus(context: Context): void {
  const { gpus: given } = context.reading.facts;
  const target = pool("gpusPerReplica");
  if (isOpen(context, pool("tensorParallelSize")) || isOpen(context, pool("pipelineParallelSize"))) {
    const reason = "how the container's GPUs are used is not known: a parallel size could not be read";
    if (given !== undefined)
      context.reading.ledger.take(given.tokens, { disposition: "unsupported", code: "container", target, reason });
    return;
  }
  const names: readonly PoolName[] = context.strategy === "colocated" ? ["workers"] : ["prefill", "decode"];
  const each = names.map(
    (name) => count(context, name, "tensorParallelSize") * count(context, name, "pipelineParallelSize"),
  );
  const [gpus = 1] = each;
  for (const [i, name] of names.entries())
    context.draft.set(target.replace("{pool}", name), each[i] ?? gpus, "tensor × pipeline parallel size");
  if (given !== undefined) takeGpus(context, given, gpus);
}

/** GPUs that a container was given are those that its options need. */
function takeGpus(context: Context, given: NonNullable<Facts["gpus"]>, gpus: number): void {
  const ranks = context.effective.get("--data-parallel-size");
  const needed = gpus * (typeof ranks === "number" ? ranks : 1);
  const target = pool("gpusPerReplica");
  const outcome: Outcome =
    given.value === needed
      ? { disposition: "mapped", code: "field", target, reason: "what the parallel sizes need" }
      : {
          disposition: "conflict",
          code: "contradiction",
          target,
          reason: `the container has ${given.value} GPUs, the options need ${needed}`,
          hint: "give the parallel sizes that are meant",
        };
  context.reading.ledger.take(given.tokens, outcome);
}
