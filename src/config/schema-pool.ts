// Shape of a pool and of how its workers are started.
import * as z from "zod";
import { profileNames } from "../model/index.ts";
import { field } from "./field.ts";
import { endpointSchema } from "./schema-endpoint.ts";

const port = z.int().min(1).max(65_535);

const profile = z.enum(profileNames());

const parallel = z.int().min(1).max(1024);

const poolShape = {
  replicas: field(
    {
      effect: "Number of workers.",
      origin: "seed",
      test: "engine, command, args, env, replicas, ports and basePort: so many workers are started so, and are reached there",
      fallback: "the number of endpoints, else 1",
    },
    z.int().min(1).max(4096).optional(),
  ),
  gpusPerReplica: field(
    {
      effect: "GPUs of one worker; must equal tensorParallelSize × pipelineParallelSize.",
      origin: "seed",
      test: "gpusPerReplica must equal tensorParallelSize × pipelineParallelSize",
      fallback: "tensorParallelSize × pipelineParallelSize",
    },
    parallel.optional(),
  ),
  tensorParallelSize: field(
    {
      effect: "vLLM's `--tensor-parallel-size`; picks the step-time profile.",
      origin: "seed",
      test: "fields of model and pool are arguments of the vLLM that is started",
    },
    parallel.default(1),
  ),
  pipelineParallelSize: field(
    {
      effect: "vLLM's `--pipeline-parallel-size`.",
      origin: "mapping",
      test: "fields of model and pool are arguments of the vLLM that is started",
    },
    parallel.default(1),
  ),
  maxBatchSize: field(
    {
      effect:
        "Sequences that a worker runs at the same time (vLLM's `--max-num-seqs`); the routing cost counts them as slots.",
      origin: "seed",
      test: "fields of model and pool are arguments of the vLLM that is started",
      fallback: "the engine's",
    },
    z.int().min(1).max(1_000_000).optional(),
  ),
  maxBatchedTokens: field(
    {
      effect: "Tokens of one engine step (vLLM's `--max-num-batched-tokens`).",
      origin: "mapping",
      test: "fields of model and pool are arguments of the vLLM that is started",
      unit: "tokens",
      fallback: "the engine's",
    },
    z.int().min(1).max(100_000_000).optional(),
  ),
  maxModelLen: field(
    {
      effect:
        "Longest prompt and output together (vLLM's `--max-model-len`); checked against what a given worker says.",
      origin: "seed",
      test: "fields of model and pool are arguments of the vLLM that is started",
      unit: "tokens",
      fallback: "the model's",
    },
    z.int().min(1).max(100_000_000).optional(),
  ),
  gpuMemoryUtilization: field(
    {
      effect: "Share of GPU memory that the engine takes (vLLM's `--gpu-memory-utilization`).",
      origin: "seed",
      test: "fields of model and pool are arguments of the vLLM that is started",
      fallback: "the engine's",
      expected: "a number above 0, at most 1",
    },
    z.number().gt(0).max(1).optional(),
  ),
  engine: field(
    {
      effect: "What the workers are: `vllm`, or `simulated` for engines of Switchgear itself that need no GPU.",
      origin: "seed",
      test: "engine, command, args, env, replicas, ports and basePort: so many workers are started so, and are reached there",
    },
    z.enum(["vllm", "simulated"]).default("vllm"),
  ),
  schedulerDelayFactor: field(
    {
      effect: "Legacy: vLLM removed the option in September 2025. Accepted with a warning and passed to no engine.",
      origin: "mapping",
      test: "schedulerDelayFactor reaches no engine",
      fallback: "none",
    },
    z.number().min(0).max(1000).optional(),
  ),
  endpoints: field(
    {
      effect: "Workers that somebody else runs; without it they are started here.",
      origin: "switchgear",
      fallback: "none",
    },
    z.array(endpointSchema).min(1).max(4096).optional(),
  ),
  costProfile: field(
    {
      effect: "Step-time profile by which routing judges the workers.",
      origin: "switchgear",
      test: "costProfile: routing expects a larger model to take longer",
      fallback: "`profile`, else by model and GPUs",
      expected: "a profile name, as `switchgear engine --help` lists them",
    },
    profile.optional(),
  ),
  basePort: field(
    {
      effect: "Port of the first worker started here; the others count up from it.",
      origin: "switchgear",
      test: "engine, command, args, env, replicas, ports and basePort: so many workers are started so, and are reached there",
      fallback: "free ports",
    },
    port.optional(),
  ),
  ports: field(
    {
      effect: "Ports of the workers started here, one per replica.",
      origin: "switchgear",
      test: "engine, command, args, env, replicas, ports and basePort: so many workers are started so, and are reached there",
      fallback: "free ports",
    },
    z.array(port).min(1).max(4096).optional(),
  ),
  command: field(
    {
      effect: "Program that starts a vLLM worker, with its first arguments.",
      origin: "switchgear",
      test: "engine, command, args, env, replicas, ports and basePort: so many workers are started so, and are reached there",
      fallback: "[vllm, serve]",
    },
    z.array(z.string().min(1).max(4096)).min(1).max(64).optional(),
  ),
  args: field(
    {
      effect: "Further arguments of the workers started here, after those that other fields imply.",
      origin: "switchgear",
      test: "engine, command, args, env, replicas, ports and basePort: so many workers are started so, and are reached there",
    },
    z.array(z.string().max(65_536)).max(512).default([]),
  ),
  env: field(
    {
      effect: "Further environment variables of the workers started here; values are never printed.",
      origin: "switchgear",
      test: "engine, command, args, env, replicas, ports and basePort: so many workers are started so, and are reached there",
      secret: true,
    },
    z.record(z.string().regex(/^[A-Za-z_]\w*$/), z.string().max(65_536)).default({}),
  ),
  profile: field(
    {
      effect: "Step-time profile of a simulated engine.",
      origin: "switchgear",
      test: "fields of a pool are arguments of the simulated engine that is started",
      fallback: "by model and GPUs",
      expected: "a profile name, as `switchgear engine --help` lists them",
    },
    profile.optional(),
  ),
  speed: field(
    {
      effect: "Simulated seconds per real second.",
      origin: "switchgear",
      test: "fields of a pool are arguments of the simulated engine that is started",
      fallback: "1",
      expected: "a number above 0, at most 1000",
    },
    z.number().gt(0).max(1000).optional(),
  ),
  seed: field(
    {
      effect: "Model seed of simulated engines; equal seeds answer greedy requests alike.",
      origin: "switchgear",
      test: "fields of a pool are arguments of the simulated engine that is started",
      fallback: "0",
    },
    z.int().min(0).max(4_294_967_295).optional(),
  ),
};

/** Pools `prefill` and `decode`; their bounds stand under `autoscaling`, as in the seed. */
export const rolePoolSchema = z.strictObject(poolShape);

export const workersPoolSchema = z.strictObject({
  ...poolShape,
  minReplicas: field(
    {
      effect:
        "Autoscaling goes no lower. With 0 the last worker goes after `autoscaling.idleSeconds` without a request, and the next request waits for a new one.",
      origin: "switchgear",
      test: "minReplicas and maxReplicas are the bounds of a colocated pool",
      fallback: "replicas",
    },
    z.int().min(0).max(4096).optional(),
  ),
  maxReplicas: field(
    {
      effect: "Autoscaling goes no higher.",
      origin: "switchgear",
      test: "minReplicas and maxReplicas are the bounds of a colocated pool",
      fallback: "replicas",
    },
    z.int().min(1).max(4096).optional(),
  ),
});
