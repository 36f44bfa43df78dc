// vLLM's --kv-events-config, with its defaults.
import { z } from "zod";
import { schemaError, schemaIssues } from "./schema-issues.ts";

const endpoint = z
  .string()
  .regex(/^(tcp|ipc|inproc):\/\/./, { message: "an endpoint such as tcp://*:5557 or ipc:///tmp/kv" });

const configSchema = z.strictObject({
  enable_kv_cache_events: z.boolean().default(false),
  publisher: z.enum(["zmq", "null"]).nullish(),
  endpoint: endpoint.default("tcp://*:5557"),
  replay_endpoint: endpoint.nullish(),
  buffer_steps: z.int().min(1).default(10_000),
  hwm: z.int().min(0).default(100_000),
  max_queue_size: z.int().min(1).default(100_000),
  topic: z.string().default(""),
});

export interface KvEventsConfig {
  readonly enabled: boolean;
  readonly endpoint: string;
  readonly replayEndpoint: string | undefined;
  /** Batches kept for the replay socket. */
  readonly bufferSteps: number;
  /** ZMQ high-water mark; 0 is no limit. */
  readonly hwm: number;
  /** Batches that may wait for the socket. */
  readonly maxQueueSize: number;
  readonly topic: string;
}

/** Throws SWG_KV_EVENTS_INVALID with everything that is wrong. */
export function parseKvEventsConfig(text: string, where = "--kv-events-config"): KvEventsConfig {
  let input: unknown;
  try {
    input = JSON.parse(text);
  } catch (cause) {
    throw schemaError("SWG_KV_EVENTS_INVALID", where, [
      { path: "(top level)", value: text, expected: `JSON; ${String(cause)}` },
    ]);
  }
  const result = configSchema.safeParse(input);
  if (!result.success) throw schemaError("SWG_KV_EVENTS_INVALID", where, schemaIssues(result.error.issues, input));
  const { data } = result;
  return {
    enabled: data.enable_kv_cache_events && data.publisher !== "null",
    endpoint: data.endpoint,
    replayEndpoint: data.replay_endpoint ?? undefined,
    bufferSteps: data.buffer_steps,
    hwm: data.hwm,
    maxQueueSize: data.max_queue_size,
    topic: data.topic,
  };
}

/** One entry of GET /kv_event_sources, with the endpoints that were really bound. */
export function kvEventSource(config: KvEventsConfig, bound: Pick<KvEventsConfig, "endpoint" | "replayEndpoint">) {
  return {
    enable_kv_cache_events: config.enabled,
    publisher: config.enabled ? "zmq" : "null",
    endpoint: bound.endpoint,
    replay_endpoint: bound.replayEndpoint ?? null,
    buffer_steps: config.bufferSteps,
    hwm: config.hwm,
    max_queue_size: config.maxQueueSize,
    topic: config.topic,
  };
}
