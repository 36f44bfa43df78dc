// Shape of a pool and of where its workers come from.
import * as z from "zod";
import { profileNames } from "../model/index.ts";
import { field } from "./field.ts";
import { endpointProblem, zmqAddress } from "./urls.ts";

const path = z.string().min(1).max(4096);
const port = z.int().min(1).max(65_535);

const profile = z.enum(profileNames());

const keyFrom = z.strictObject({
  env: field(
    { effect: "Environment variable that holds the key.", origin: "switchgear", fallback: "none" },
    z
      .string()
      .regex(/^[A-Za-z_]\w*$/)
      .optional(),
  ),
  file: field(
    { effect: "File that holds the key; a trailing line end is left out.", origin: "switchgear", fallback: "none" },
    path.optional(),
  ),
});

const tls = z.strictObject({
  ca: field(
    { effect: "PEM file of the authority to trust.", origin: "switchgear", fallback: "the system's" },
    path.optional(),
  ),
  cert: field(
    { effect: "PEM file of the client certificate.", origin: "switchgear", fallback: "none" },
    path.optional(),
  ),
  key: field(
    { effect: "PEM file of the client certificate's key.", origin: "switchgear", fallback: "none" },
    path.optional(),
  ),
  insecure: field(
    { effect: "The worker's certificate is not checked.", origin: "switchgear" },
    z.boolean().default(false),
  ),
});

const kvEvents = z.strictObject({
  endpoint: field(
    {
      effect: "ZMQ address of the worker's KV events; `*` stands for the worker's host.",
      origin: "switchgear",
      expected: "tcp://HOST:PORT",
      example: "tcp://*:5557",
    },
    z.string().regex(zmqAddress),
  ),
  replay: field(
    {
      effect: "ZMQ address that missed events are asked from.",
      origin: "switchgear",
      fallback: "none: after a gap the worker's entries are dropped",
      expected: "tcp://HOST:PORT",
    },
    z.string().regex(zmqAddress).optional(),
  ),
  topic: field(
    { effect: "Only events of this topic are read.", origin: "switchgear" },
    z.string().max(512).default(""),
  ),
});

const endpoint = z.strictObject({
  url: field(
    {
      effect: "Where the worker listens.",
      origin: "switchgear",
      expected: "http://HOST:PORT or https://HOST:PORT, perhaps with a path",
      example: "http://placeholder.invalid",
    },
    z.string().superRefine((value, context) => {
      const message = endpointProblem(value);
      if (message) context.addIssue({ code: "custom", message });
    }),
  ),
  key: field(
    {
      effect: "Bearer key sent to the worker. Prefer `keyFrom`: a key in the file earns a warning.",
      origin: "switchgear",
      fallback: "none",
      secret: true,
    },
    z.string().min(1).max(4096).optional(),
  ),
  keyFrom: field(
    { effect: "Where the bearer key sent to the worker is read from.", origin: "switchgear", fallback: "none" },
    keyFrom.optional(),
  ),
  role: field(
    {
      effect: "Role of this worker: that of its pool, or `both` in a prefill or decode pool.",
      origin: "switchgear",
      fallback: "the pool's",
    },
    z.enum(["both", "prefill", "decode"]).optional(),
  ),
  labels: field(
    { effect: "Shown with the worker in the admin API.", origin: "switchgear" },
    z.record(z.string(), z.string().max(4096)).default({}),
  ),
  tls: field(
    {
      effect: "How an https worker is trusted and spoken to.",
      origin: "switchgear",
      fallback: "the system's authorities",
    },
    tls.optional(),
  ),
  kvEvents: field(
    {
      effect: "Where the worker publishes KV events; `false` subscribes to none.",
      origin: "switchgear",
      fallback: "asked from the worker",
      expected: "false, or a mapping with endpoint, replay and topic",
    },
    z.union([z.literal(false), kvEvents]).optional(),
  ),
});

const parallel = z.int().min(1).max(1024);

const poolShape = {
  replicas: field(
    { effect: "Number of workers.", origin: "seed", fallback: "the number of endpoints, else 1" },
    z.int().min(1).max(4096).optional(),
  ),
  gpusPerReplica: field(
    {
      effect: "GPUs of one worker; must equal tensorParallelSize × pipelineParallelSize.",
      origin: "seed",
      fallback: "tensorParallelSize × pipelineParallelSize",
    },
    parallel.optional(),
  ),
  tensorParallelSize: field(
    { effect: "vLLM's `--tensor-parallel-size`; picks the step-time profile.", origin: "seed" },
    parallel.default(1),
  ),
  pipelineParallelSize: field({ effect: "vLLM's `--pipeline-parallel-size`.", origin: "mapping" }, parallel.default(1)),
  maxBatchSize: field(
    {
      effect:
        "Sequences that a worker runs at the same time (vLLM's `--max-num-seqs`); the routing cost counts them as slots.",
      origin: "seed",
      fallback: "the engine's",
    },
    z.int().min(1).max(1_000_000).optional(),
  ),
  maxBatchedTokens: field(
    {
      effect: "Tokens of one engine step (vLLM's `--max-num-batched-tokens`).",
      origin: "mapping",
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
      unit: "tokens",
      fallback: "the model's",
    },
    z.int().min(1).max(100_000_000).optional(),
  ),
  gpuMemoryUtilization: field(
    {
      effect: "Share of GPU memory that the engine takes (vLLM's `--gpu-memory-utilization`).",
      origin: "seed",
      fallback: "the engine's",
      expected: "a number above 0, at most 1",
    },
    z.number().gt(0).max(1).optional(),
  ),
  engine: field(
    {
      effect: "What the workers are: `vllm`, or `simulated` for engines of Switchgear itself that need no GPU.",
      origin: "seed",
    },
    z.enum(["vllm", "simulated"]).default("vllm"),
  ),
  schedulerDelayFactor: field(
    {
      effect: "Legacy: vLLM removed the option in September 2025. Accepted with a warning and passed to no engine.",
      origin: "mapping",
      fallback: "none",
      test: "schedulerDelayFactor is accepted as legacy, with a warning",
    },
    z.number().min(0).max(1000).optional(),
  ),
  endpoints: field(
    {
      effect: "Workers that somebody else runs; without it they are started here.",
      origin: "switchgear",
      fallback: "none",
    },
    z.array(endpoint).min(1).max(4096).optional(),
  ),
  costProfile: field(
    {
      effect: "Step-time profile by which routing judges the workers.",
      origin: "switchgear",
      fallback: "`profile`, else by model and GPUs",
      expected: "a profile name, as `switchgear engine --help` lists them",
    },
    profile.optional(),
  ),
  basePort: field(
    {
      effect: "Port of the first worker started here; the others count up from it.",
      origin: "switchgear",
      fallback: "free ports",
    },
    port.optional(),
  ),
  ports: field(
    { effect: "Ports of the workers started here, one per replica.", origin: "switchgear", fallback: "free ports" },
    z.array(port).min(1).max(4096).optional(),
  ),
  command: field(
    {
      effect: "Program that starts a vLLM worker, with its first arguments.",
      origin: "switchgear",
      fallback: "[vllm, serve]",
    },
    z.array(z.string().min(1).max(4096)).min(1).max(64).optional(),
  ),
  args: field(
    {
      effect: "Further arguments of the workers started here, after those that other fields imply.",
      origin: "switchgear",
    },
    z.array(z.string().max(65_536)).max(512).default([]),
  ),
  env: field(
    {
      effect: "Further environment variables of the workers started here; values are never printed.",
      origin: "switchgear",
      secret: true,
    },
    z.record(z.string().regex(/^[A-Za-z_]\w*$/), z.string().max(65_536)).default({}),
  ),
  profile: field(
    {
      effect: "Step-time profile of a simulated engine.",
      origin: "switchgear",
      fallback: "by model and GPUs",
      expected: "a profile name, as `switchgear engine --help` lists them",
    },
    profile.optional(),
  ),
  speed: field(
    {
      effect: "Simulated seconds per real second.",
      origin: "switchgear",
      fallback: "1",
      expected: "a number above 0, at most 1000",
    },
    z.number().gt(0).max(1000).optional(),
  ),
  seed: field(
    {
      effect: "Model seed of simulated engines; equal seeds answer greedy requests alike.",
      origin: "switchgear",
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
    { effect: "Autoscaling goes no lower.", origin: "switchgear", fallback: "replicas" },
    z.int().min(1).max(4096).optional(),
  ),
  maxReplicas: field(
    { effect: "Autoscaling goes no higher.", origin: "switchgear", fallback: "replicas" },
    z.int().min(1).max(4096).optional(),
  ),
});
