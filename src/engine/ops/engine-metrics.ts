// The metrics page of the engine, filled by what really happens in it.
import { type Clock } from "../../core/index.ts";
import { type MetricFamily, tokenCountBuckets, VLLM_METRICS } from "../../vllm/index.ts";
import type { TransferStats } from "../core/kv-transfer.ts";
import type { EngineStats } from "../engine-core.ts";
import type { FinishReason } from "../sequence.ts";
import { type CacheFacts, cacheConfigLabels } from "./cache-config.ts";
import type { EngineStep, RequestArrival } from "./engine-ops.ts";
import { loraGauge } from "./lora-gauge.ts";
import { httpFamilies } from "./http-families.ts";
import type { HttpExchange } from "./http-metrics.ts";
import { type Labels, metricPage, type MetricPage, type Series, type SeriesOf } from "./metric-page.ts";
import type { TransferRecord } from "../transfer/transfer-record.ts";
import { type RequestSummary, requestTimings, type TimingSink } from "./request-timings.ts";

export interface EngineMetricsOptions {
  readonly clock: Clock;
  readonly model: string;
  readonly cache: CacheFacts;
  /** Simulated seconds per real second: a step's plan is in simulated time. */
  readonly speed: number;
  stats(): EngineStats;
  readonly transfers?: TransferSource | undefined;
  /** `--max-loras`; undefined without LoRA. */
  readonly maxLoras?: number | undefined;
  /** What cache_config_info claims; a fault may lie. */
  blockSize(): number;
}

export interface TransferSource {
  stats(): TransferStats;
  readonly record: TransferRecord;
}

export interface EngineMetrics {
  arrived(arrival: RequestArrival): void;
  aborted(id: string, finish?: FinishReason): void;
  step(step: EngineStep): void;
  http(exchange: HttpExchange): void;
  render(): string;
}

/** Gives the series of a family; `extra` are its labels beside engine and model_name. */
type Find = (name: string, extra?: Labels) => Series;

export function engineMetrics(options: EngineMetricsOptions): EngineMetrics {
  const page = metricPage(() => options.clock.epoch() / 1000);
  const { find, http } = defineFamilies(page, options);
  const timings = requestTimings(timingSink(find));
  const readStats = statsReader(find);
  const lora =
    options.maxLoras === undefined
      ? undefined
      : loraGauge((names) => {
          // Both, as vLLM does: it counts each adapter's requests of either kind, and names adapters with none as well.
          const labels = { running_lora_adapters: names, waiting_lora_adapters: names };
          find("lora_requests_info", { max_lora: String(options.maxLoras), ...labels }).record(
            options.clock.epoch() / 1000,
          );
        });
  const readTransfers = options.transfers && transferReader(find, options.transfers);
  return {
    arrived(arrival) {
      timings.arrived(arrival, options.clock.now());
      lora?.arrived(arrival);
    },
    aborted(id, finish) {
      timings.aborted(id, finish);
      lora?.gone(id);
    },
    step(step) {
      find("iteration_tokens_total").record(step.plan.tokens);
      find("generation_tokens").record(step.outputs.length);
      timings.step(step, step.plan.durationMs / options.speed);
      lora?.step(step);
    },
    http,
    render() {
      readStats(options.stats());
      readTransfers?.();
      return page.render();
    },
  };
}

interface Families {
  readonly find: Find;
  readonly http: (exchange: HttpExchange) => void;
}

function defineFamilies(page: MetricPage, options: EngineMetricsOptions): Families {
  const { model, cache } = options;
  const families = new Map<string, { readonly of: SeriesOf; readonly base: Labels }>();
  let http: Families["http"] | undefined;
  for (const one of VLLM_METRICS) {
    if (one.when === "blocks" || (one.when === "nixl" && options.transfers === undefined)) continue;
    if (one.when === "lora" && options.maxLoras === undefined) continue;
    if (one.name.startsWith("vllm:sleep_mode_")) continue;
    if (one.name === "vllm:cache_config_info") {
      page.info(one, () => cacheConfigLabels(cache, options.blockSize()));
      http = httpFamilies(page);
      continue;
    }
    const buckets = one.buckets === "token-counts" ? tokenCountBuckets(cache.maxModelLen) : one.buckets;
    const of = page.define({ name: one.name, type: one.type, help: one.help, buckets });
    const base = baseLabels(one, model);
    families.set(one.name, { of, base });
    // Its series are made by the states that occur.
    if (one.when === "lora") continue;
    for (const labels of combinations(one.values ?? {})) of({ ...base, ...labels });
  }
  const find: Find = (name, extra = {}) => {
    const found = families.get(`vllm:${name}`);
    if (!found) throw new Error(`vllm:${name} is not on the page`);
    return found.of({ ...found.base, ...extra });
  };
  find("engine_sleep_state", { sleep_state: "awake" }).record(1);
  return { find, http: http ?? httpFamilies(page) };
}

function baseLabels({ labels }: MetricFamily, model: string): Labels {
  return {
    ...(labels.includes("engine") && { engine: "0" }),
    ...(labels.includes("model_name") && { model_name: model }),
  };
}

/** Every combination of label values, the first label slowest. */
function combinations(values: Readonly<Record<string, readonly string[]>>): Labels[] {
  return Object.entries(values).reduce<Labels[]>(
    (made, [name, choices]) => made.flatMap((labels) => choices.map((choice) => ({ ...labels, [name]: choice }))),
    [{}],
  );
}

function timingSink(find: Find): TimingSink {
  const groups = new Map<number, { finished: number; most: number }>();
  return {
    firstToken(ttftMs, { tokens, cached, remote }) {
      const local = remote > 0 ? tokens - remote : cached;
      find("time_to_first_token_seconds").record(ttftMs / 1000);
      find("prompt_tokens").record(tokens);
      find("prompt_tokens_cached").record(local + remote);
      find("prompt_tokens_by_source", { source: "local_cache_hit" }).record(local);
      find("prompt_tokens_by_source", { source: "external_kv_transfer" }).record(remote);
      find("prompt_tokens_by_source", { source: "local_compute" }).record(tokens - local - remote);
      if (remote === 0) return;
      find("external_prefix_cache_queries").record(remote);
      find("external_prefix_cache_hits").record(remote);
      find("prompt_tokens_cached_by_source", { source: "p2p" }).record(remote);
    },
    nextToken: (gapMs) => find("inter_token_latency_seconds").record(gapMs / 1000),
    finished(summary) {
      recordSummary(find, summary);
      recordParent(summary);
    },
  };

  /** vLLM observes these two once a request, when the last of its n sequences is done. */
  function recordParent({ n, outputTokens }: RequestSummary): void {
    const group = groups.get(n) ?? { finished: 0, most: 0 };
    groups.set(n, group);
    group.most = Math.max(group.most, outputTokens);
    if (++group.finished < n) return;
    groups.delete(n);
    find("request_params_n").record(n);
    find("request_max_num_generation_tokens").record(group.most);
  }
}

function recordSummary(find: Find, summary: RequestSummary): void {
  const { outputTokens, promptTokens } = summary;
  find("request_success", { finished_reason: summary.finish }).record(1);
  find("request_prompt_tokens").record(promptTokens);
  find("request_generation_tokens").record(outputTokens);
  find("request_params_max_tokens").record(summary.maxTokens);
  find("request_prefill_kv_computed_tokens").record(promptTokens - summary.cachedTokens);
  find("request_num_preemptions").record(summary.preemptions);
  find("request_time_per_output_token_seconds").record(
    outputTokens > 1 ? summary.decodeMs / (outputTokens - 1) / 1000 : 0,
  );
  find("e2e_request_latency_seconds").record(summary.e2eMs / 1000);
  find("request_queue_time_seconds").record(summary.queueMs / 1000);
  find("request_prefill_time_seconds").record(summary.prefillMs / 1000);
  find("request_decode_time_seconds").record(summary.decodeMs / 1000);
  find("request_inference_time_seconds").record(summary.inferenceMs / 1000);
}

/** Gauges take the engine's value, counters what was added since the last look. */
function statsReader(find: Find): (stats: EngineStats) => void {
  let seen = { preemptions: 0, prefixQueries: 0, prefixHits: 0 };
  return (stats) => {
    find("num_requests_running").record(stats.running);
    find("num_requests_waiting").record(stats.waiting);
    const { deferred = 0 } = stats;
    find("num_requests_waiting_by_reason", { reason: "capacity" }).record(stats.waiting - deferred);
    find("num_requests_waiting_by_reason", { reason: "deferred" }).record(deferred);
    find("kv_cache_usage_perc").record(stats.kvUsage);
    find("num_preemptions").record(stats.preemptions - seen.preemptions);
    find("prefix_cache_queries").record(stats.prefixQueries - seen.prefixQueries);
    const hits = stats.prefixHits - seen.prefixHits;
    find("prefix_cache_hits").record(hits);
    find("prompt_tokens_cached_by_source", { source: "device" }).record(hits);
    seen = { preemptions: stats.preemptions, prefixQueries: stats.prefixQueries, prefixHits: stats.prefixHits };
  };
}

function transferReader(find: Find, source: TransferSource): () => void {
  const { record } = source;
  let seen = { expired: 0, failures: 0, lateWords: 0 };
  return () => {
    for (const { bytes, ms, blocks } of record.takeTransfers()) {
      find("nixl_xfer_time_seconds").record(ms / 1000);
      find("nixl_post_time_seconds").record(POST_SECONDS);
      find("nixl_bytes_transferred").record(bytes);
      find("nixl_num_descriptors").record(blocks);
    }
    const { expired, loading } = source.stats();
    const { failures, lateWords } = record;
    find("nixl_num_failed_transfers").record(failures - seen.failures);
    find("nixl_num_kv_expired_reqs").record(expired - seen.expired);
    find("nixl_num_notifications_after_expiry").record(lateWords - seen.lateWords);
    find("num_requests_kv_fetch_by_stage", { stage: "in_progress" }).record(loading);
    seen = { expired, failures, lateWords };
  };
}

/** Measured on 0.32: .2 ms to post a transfer. */
const POST_SECONDS = 0.0002;
