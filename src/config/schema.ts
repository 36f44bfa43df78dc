// The shape of a deployment file: every field, its bounds, its default and what it does.
import * as z from "zod";
import { ALGORITHMS } from "./algorithms.ts";
import { field } from "./field.ts";
import { autoscalingSchema } from "./schema-autoscaling.ts";
import { disaggregationSchema } from "./schema-disaggregation.ts";
import { gatewaySchema } from "./schema-gateway.ts";
import { launcherSchema } from "./schema-launcher.ts";
import { monitoringSchema } from "./schema-monitoring.ts";
import { metadataSchema, modelSchema, tokenizerSchema } from "./schema-model.ts";
import { rolePoolSchema, workersPoolSchema } from "./schema-pool.ts";

export const API_VERSION = "llm-d.nvidia.com/v1";

const servingSchema = z.strictObject({
  strategy: field(
    {
      effect:
        "`colocated`: each worker prefills and decodes, pool `workers`. `disaggregated`: one worker of pool `prefill` computes a prompt, one of pool `decode` the answer.",
      origin: "seed",
      test: "strategy disaggregated: a prompt is computed in one pool and answered from the other",
    },
    z.enum(["colocated", "disaggregated"]).default("colocated"),
  ),
  workers: field(
    { effect: "The pool of strategy `colocated`.", origin: "mapping", fallback: "none" },
    workersPoolSchema.optional(),
  ),
  prefill: field(
    { effect: "The pool that computes prompts, strategy `disaggregated`.", origin: "seed", fallback: "none" },
    rolePoolSchema.optional(),
  ),
  decode: field(
    { effect: "The pool that produces tokens, strategy `disaggregated`.", origin: "seed", fallback: "none" },
    rolePoolSchema.optional(),
  ),
  disaggregation: field(
    {
      effect: "How requests are split, strategy `disaggregated`.",
      origin: "switchgear",
      fallback: "the defaults below",
    },
    disaggregationSchema.optional(),
  ),
});

const routingSchema = z.strictObject({
  algorithm: field(
    {
      effect:
        "How a worker is chosen: in turn, by the least work, or by predicted time with the KV cache counted in; or by the rule of another router.",
      origin: "seed",
      test: "routing.algorithm: in turn, to the least loaded, or where the prefix is",
    },
    z.enum(ALGORITHMS).default("kv_aware"),
  ),
  settings: field(
    {
      effect: "Settings of the algorithm, by the names that `simulate --policy` takes: `{ prefillLoadScale: 32 }`.",
      origin: "switchgear",
      fallback: "its own",
      test: "routing.settings: an algorithm chooses by them",
    },
    z.record(z.string(), z.number().min(0).max(1e15)).optional(),
  ),
  kvCacheIndex: field(
    { effect: "The index of which worker holds which prefix.", origin: "seed" },
    z
      .strictObject({
        backend: field(
          {
            effect:
              "`memory`: each gateway starts cold. `etcd`: snapshots in the etcd of `gateway.cluster`, so that one that starts is warm; the index that serves is in memory either way.",
            origin: "seed",
            test: "cluster: a gateway that starts is warm by what another one knew",
          },
          z.enum(["memory", "etcd"]).default("memory"),
        ),
        ttlSeconds: field(
          {
            effect: "Age at which predicted entries, and what silent workers left behind, are forgotten.",
            origin: "seed",
            test: "kvCacheIndex.ttlSeconds: what was predicted from a request is forgotten at that age",
            unit: "s",
          },
          z.int().min(1).max(604_800).default(300),
        ),
        maxBytes: field(
          {
            effect: "Memory that the index takes at the most; the oldest entries go first.",
            origin: "switchgear",
            test: "kvCacheIndex.maxBytes: the index takes no more, however many prompts come",
            unit: "bytes",
          },
          z.int().min(1_048_576).max(1_099_511_627_776).default(268_435_456),
        ),
      })
      .prefault({}),
  ),
});

const sloSchema = z.strictObject({
  ttftP99Ms: field(
    {
      effect:
        "99 % of requests get their first token within this; requests that did and did not are counted in the metrics. `kv_aware` prefers workers that are in time, admission turns away what cannot be.",
      origin: "seed",
      test: "slo.ttftP99Ms, itlP99Ms and availabilityTarget: shown, and requests counted against them",
      unit: "ms",
      fallback: "none",
    },
    z.number().gt(0).max(3_600_000).optional(),
  ),
  itlP99Ms: field(
    {
      effect:
        "99 % of streams have a mean gap between tokens within this; those that did and did not are counted in the metrics. `kv_aware` and admission keep workers' batches small enough for it (without it `kv_aware` takes 100 ms).",
      origin: "seed",
      test: "slo.ttftP99Ms, itlP99Ms and availabilityTarget: shown, and requests counted against them",
      unit: "ms",
      fallback: "none",
    },
    z.number().gt(0).max(3_600_000).optional(),
  ),
  availabilityTarget: field(
    {
      effect: "Share of requests that must succeed; shown in the metrics beside those that did and did not.",
      origin: "seed",
      test: "slo.ttftP99Ms, itlP99Ms and availabilityTarget: shown, and requests counted against them",
      fallback: "none",
      expected: "a number above 0 and below 1, such as 0.999",
    },
    z.number().gt(0).lt(1).optional(),
  ),
});

export const deploymentSchema = z.strictObject({
  apiVersion: field(
    {
      effect: "Names this format; anything else is refused.",
      origin: "seed",
      test: "anything but this apiVersion and kind is refused",
      example: API_VERSION,
    },
    z.literal(API_VERSION),
  ),
  kind: field(
    {
      effect: "Names this kind of document; anything else is refused.",
      origin: "seed",
      test: "anything but this apiVersion and kind is refused",
      example: "LLMDeployment",
    },
    z.literal("LLMDeployment"),
  ),
  metadata: field({ effect: "Who this is.", origin: "seed", example: { name: "unnamed" } }, metadataSchema),
  spec: field(
    { effect: "What is to run.", origin: "seed", example: { model: { name: "unnamed/model" }, serving: {} } },
    z.strictObject({
      model: field({ effect: "The model.", origin: "seed", example: { name: "unnamed/model" } }, modelSchema),
      tokenizer: field(
        { effect: "The gateway's tokenizer, by which it knows prefixes.", origin: "switchgear" },
        tokenizerSchema.prefault({}),
      ),
      serving: field({ effect: "The workers.", origin: "seed", example: {} }, servingSchema),
      routing: field({ effect: "How a worker is chosen.", origin: "seed" }, routingSchema.prefault({})),
      autoscaling: field(
        {
          effect: "How the number of workers follows load.",
          origin: "seed",
        },
        autoscalingSchema.prefault({}),
      ),
      slo: field(
        { effect: "What is promised to clients; measured, not yet enforced.", origin: "seed" },
        sloSchema.prefault({}),
      ),
      monitoring: field({ effect: "What can be watched.", origin: "seed" }, monitoringSchema.prefault({})),
      gateway: field({ effect: "The process that clients talk to.", origin: "switchgear" }, gatewaySchema.prefault({})),
      launcher: field(
        { effect: "How workers are started here, and on which GPUs.", origin: "switchgear" },
        launcherSchema,
      ),
    }),
  ),
});

/** A document with the right shape, defaults filled in. */
export type DeploymentDocument = z.output<typeof deploymentSchema>;
