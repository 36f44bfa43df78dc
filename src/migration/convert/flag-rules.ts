// The mapping table: what becomes of each option of `vllm serve`. An option that is not listed is passed to every worker as it is.
import { FLAG_GROUPS, type Flag, REMOVED_FLAGS } from "../../vllm/index.ts";
import type { Disposition } from "./disposition.ts";

export interface FieldRule {
  readonly kind: "field";
  /** `{pool}` is `workers`, or `prefill` and `decode`. */
  readonly path: string;
  /** What the field cannot hold stays an argument. */
  readonly holds: "text" | "texts" | "host" | "port" | "positive-int" | "fraction" | "boolean" | "method";
  readonly note?: string;
}

export type FlagRule =
  | FieldRule
  | { readonly kind: "argument"; readonly note?: string }
  /** Decided by code of its own. */
  | {
      readonly kind: "special";
      readonly disposition: Disposition;
      readonly target: string | null;
      readonly note: string;
    }
  | { readonly kind: "changed" | "dropped-safe" | "unsupported"; readonly reason: string; readonly hint?: string };

const pool = (field: string): string => `spec.serving.{pool}.${field}`;

const ONE_HOST = "a worker started here is one process group on one machine";
const HOSTS = "start such a server yourself and name it under spec.serving.workers.endpoints";

/** Fields first in the seed's order of its table, then what is not simply passed on. */
export const FLAG_RULES: Readonly<Record<string, FlagRule>> = {
  "--model": { kind: "field", path: "spec.model.name", holds: "text" },
  "--dtype": { kind: "field", path: "spec.model.dtype", holds: "text" },
  "--tokenizer": { kind: "field", path: "spec.model.tokenizer", holds: "text" },
  "--trust-remote-code": {
    kind: "field",
    path: "spec.model.trustRemoteCode",
    holds: "boolean",
    note: "workers run code from the model's repository; the gateway never does",
  },
  "--tensor-parallel-size": { kind: "field", path: pool("tensorParallelSize"), holds: "positive-int" },
  "--pipeline-parallel-size": { kind: "field", path: pool("pipelineParallelSize"), holds: "positive-int" },
  "--gpu-memory-utilization": { kind: "field", path: pool("gpuMemoryUtilization"), holds: "fraction" },
  "--max-model-len": { kind: "field", path: pool("maxModelLen"), holds: "positive-int" },
  "--max-num-seqs": { kind: "field", path: pool("maxBatchSize"), holds: "positive-int" },
  "--max-num-batched-tokens": { kind: "field", path: pool("maxBatchedTokens"), holds: "positive-int" },
  "--quantization": { kind: "field", path: "spec.model.quantization", holds: "method" },
  "--served-model-name": { kind: "field", path: "spec.model.servedNames", holds: "texts" },
  "--scheduler-delay-factor": {
    kind: "special",
    disposition: "mapped",
    target: pool("schedulerDelayFactor"),
    note: "before 0.11.0 only; the field is legacy and passed to no engine, so it stays an argument too",
  },
  "--enable-prefix-caching": {
    kind: "special",
    disposition: "mapped",
    target: "spec.routing.algorithm",
    note: "kv_aware; --no-enable-prefix-caching is least_loaded. Kept as an argument too",
  },
  "--host": {
    kind: "field",
    path: "spec.gateway.listener.host",
    holds: "host",
    note: "clients connect to the gateway there; workers listen on loopback",
  },
  "--port": {
    kind: "field",
    path: "spec.gateway.listener.port",
    holds: "port",
    note: "clients connect to the gateway there",
  },
  "--config": {
    kind: "special",
    disposition: "mapped",
    target: null,
    note: "the file is read; its entries are reported one by one, the command line wins",
  },
  "--revision": {
    kind: "special",
    disposition: "mapped",
    target: "spec.tokenizer.revision",
    note: "the gateway's tokenizer takes the same revision. Kept as an argument too",
  },
  "--api-key": {
    kind: "special",
    disposition: "changed",
    target: "spec.gateway.apiKeys.env",
    note: "a secret: the gateway reads it from VLLM_API_KEY (further ones VLLM_API_KEY_2 …), or from the variable that it is, and asks clients for it; workers ask nobody",
  },
  "--hf-token": {
    kind: "special",
    disposition: "changed",
    target: "environment HF_TOKEN",
    note: "a secret: workers inherit HF_TOKEN from `switchgear serve`",
  },
  "--data-parallel-size": {
    kind: "special",
    disposition: "changed",
    target: pool("replicas"),
    note: "each data-parallel rank becomes a worker of its own, which routing can choose; not with expert parallelism",
  },
  "--enable-prompt-tokens-details": {
    kind: "special",
    disposition: "mapped",
    target: null,
    note: "every worker is started with it; it cannot be turned off",
  },
  "--kv-events-config": {
    kind: "changed",
    reason: "every worker publishes KV events at an address that Switchgear chooses and listens to",
    hint: "another consumer of the events subscribes to that address: GET /kv_event_sources of a worker",
  },
  "--kv-transfer-config": {
    kind: "special",
    disposition: "passed-through",
    target: pool("args"),
    note: "role kv_producer or kv_consumer belongs to strategy disaggregated: unsupported in a colocated pool",
  },
  "--disable-log-stats": {
    kind: "changed",
    reason: "left out: Switchgear reads load from the figures that it would turn off",
  },
  "--uds": { kind: "unsupported", reason: "the gateway listens on TCP", hint: "leave it out" },
  "--grpc": { kind: "unsupported", reason: "the gateway speaks HTTP" },
  "--grpc-port": { kind: "unsupported", reason: "the gateway speaks HTTP" },
  "--headless": { kind: "unsupported", reason: ONE_HOST, hint: HOSTS },
  "--root-path": {
    kind: "special",
    disposition: "mapped",
    target: "spec.gateway.listener.rootPath",
    note: "the gateway's paths; one that ends with / is unsupported, as vLLM serves nothing below it",
  },
  "--middleware": {
    kind: "unsupported",
    reason: "middleware of clients' requests would run behind the gateway, per worker",
  },
  "--ssl-keyfile": {
    kind: "special",
    disposition: "mapped",
    target: "spec.gateway.listener.tls.key",
    note: "the gateway's port; workers listen on loopback without TLS",
  },
  "--ssl-certfile": {
    kind: "special",
    disposition: "mapped",
    target: "spec.gateway.listener.tls.cert",
    note: "the gateway's port; without --ssl-keyfile it holds the key too",
  },
  "--ssl-ca-certs": {
    kind: "special",
    disposition: "mapped",
    target: "spec.gateway.listener.tls.clientCa",
    note: "with --ssl-cert-reqs 2; without it vLLM asks clients for no certificate",
  },
  "--ssl-cert-reqs": {
    kind: "special",
    disposition: "mapped",
    target: "spec.gateway.listener.tls.clientCa",
    note: "2 with --ssl-ca-certs; 1 is unsupported",
  },
  "--ssl-ciphers": {
    kind: "special",
    disposition: "mapped",
    target: "spec.gateway.listener.tls.ciphers",
    note: "the gateway's port",
  },
  "--enable-ssl-refresh": {
    kind: "special",
    disposition: "changed",
    target: "spec.gateway.listener.tls",
    note: "the gateway always reads certificates again when their files change",
  },
  "--allow-credentials": {
    kind: "special",
    disposition: "mapped",
    target: "spec.gateway.cors.allowCredentials",
    note: "the gateway's answers",
  },
  "--allowed-origins": {
    kind: "special",
    disposition: "mapped",
    target: "spec.gateway.cors.allowedOrigins",
    note: "the gateway's answers",
  },
  "--allowed-methods": {
    kind: "special",
    disposition: "mapped",
    target: "spec.gateway.cors.allowedMethods",
    note: "the gateway's answers",
  },
  "--allowed-headers": {
    kind: "special",
    disposition: "mapped",
    target: "spec.gateway.cors.allowedHeaders",
    note: "the gateway's answers",
  },
  "--nnodes": { kind: "unsupported", reason: ONE_HOST, hint: HOSTS },
  "--node-rank": { kind: "unsupported", reason: ONE_HOST, hint: HOSTS },
  "--master-addr": { kind: "unsupported", reason: ONE_HOST, hint: HOSTS },
  "--data-parallel-rank": { kind: "unsupported", reason: ONE_HOST, hint: HOSTS },
  "--data-parallel-start-rank": { kind: "unsupported", reason: ONE_HOST, hint: HOSTS },
  "--data-parallel-size-local": { kind: "unsupported", reason: ONE_HOST, hint: HOSTS },
  "--data-parallel-address": { kind: "unsupported", reason: ONE_HOST, hint: HOSTS },
  "--data-parallel-hybrid-lb": { kind: "unsupported", reason: ONE_HOST, hint: HOSTS },
  "--data-parallel-external-lb": { kind: "unsupported", reason: ONE_HOST, hint: HOSTS },
  "--data-parallel-multi-port-external-lb": { kind: "unsupported", reason: ONE_HOST, hint: HOSTS },
  "--chat-template": {
    kind: "argument",
    note: "the gateway renders chats by the tokenizer's own template to know prefixes: with another one it predicts fewer hits",
  },
  "--block-size": { kind: "argument", note: "the gateway asks each worker for it" },
};

const ARGUMENT: FlagRule = { kind: "argument" };

export function ruleOf(flag: Flag): FlagRule {
  return FLAG_RULES[flag.name] ?? ARGUMENT;
}

/** Options that the table names and vLLM does not have, which would be a mistake in the table. */
export function strayRules(): string[] {
  const known = new Set(
    [...FLAG_GROUPS.flatMap(({ flags }) => flags), ...REMOVED_FLAGS.map(({ flag }) => flag)].map(({ name }) => name),
  );
  return Object.keys(FLAG_RULES).filter((name) => !known.has(name));
}
