// vLLM's figures from a Prometheus server, over days: increases of counters and buckets, gauges as a series.
import { SwitchgearError } from "../core/index.ts";
import type { MetricHistogram } from "../vllm/index.ts";
import { fetchText, shownUrl } from "./fetch-text.ts";
import type { Observation, Spread } from "./observation.ts";
import { NEEDED_PER_INTERVAL, spreadOf } from "./observe.ts";

export interface PrometheusOptions {
  /** `http://prometheus:9090` */
  readonly url: string;
  /** Inside of the braces: `job="vllm"`. */
  readonly selector: string;
  readonly hours: number;
  /** End of the time, seconds since the epoch. */
  readonly endSeconds: number;
  readonly key: string | undefined;
}

interface Series {
  readonly metric: Readonly<Record<string, string>>;
  readonly values: readonly (readonly [number, string])[];
}

/** Points of a gauge; enough for a day's peak, few enough for any server. */
const POINTS = 288;
const TIMEOUT_MS = 30_000;

export async function observePrometheus(options: PrometheusOptions): Promise<Observation> {
  const ask = asker(options);
  const [ttft, itl, queue] = [
    await ask.histogram(["vllm:time_to_first_token_seconds"]),
    await ask.histogram(["vllm:inter_token_latency_seconds", "vllm:time_per_output_token_seconds"]),
    await ask.histogram(["vllm:request_queue_time_seconds"]),
  ];
  const gpu = await ask.gauge(["DCGM_FI_DEV_GPU_UTIL"], "avg");
  return {
    source: `${shownUrl(options.url)}: ${options.hours} h of {${options.selector}}`,
    spanSeconds: await ask.covered(),
    ttft,
    itl,
    queue,
    requests: await ask.increase(["vllm:request_success_total"]),
    rate: await ask.rate("vllm:request_success_total"),
    kvUsage: await ask.gauge(["vllm:kv_cache_usage_perc", "vllm:gpu_cache_usage_perc"], "avg"),
    running: await ask.gauge(["vllm:num_requests_running"], "sum"),
    waiting: await ask.gauge(["vllm:num_requests_waiting"], "sum"),
    runningWhileWaiting: await ask.runningWhileWaiting(),
    preemptions: await ask.increase(["vllm:num_preemptions_total"]),
    prefixQueries: await ask.increase(["vllm:prefix_cache_queries_total", "vllm:gpu_prefix_cache_queries_total"]),
    prefixHits: await ask.increase(["vllm:prefix_cache_hits_total", "vllm:gpu_prefix_cache_hits_total"]),
    promptTokens: await ask.increase(["vllm:prompt_tokens_total"]),
    generationTokens: await ask.increase(["vllm:generation_tokens_total"]),
    models: await ask.models(),
    prefixCaching: undefined,
    gpuMemoryUtilization: undefined,
    gpuUtilization: gpu && { mean: gpu.mean / 100, source: ALL_GPUS, standIn: false },
  };
}

/** Its labels are the exporter's own, so the server's selector does not hold for it. */
const ALL_GPUS = "DCGM, mean of all GPUs that Prometheus has";

interface Asker {
  histogram(names: readonly string[]): Promise<MetricHistogram | undefined>;
  gauge(names: readonly string[], how: "avg" | "sum"): Promise<Spread | undefined>;
  increase(names: readonly string[]): Promise<number | undefined>;
  rate(name: string): Promise<Spread | undefined>;
  runningWhileWaiting(): Promise<Spread | undefined>;
  models(): Promise<readonly string[]>;
  /** Seconds for which there are readings. */
  covered(): Promise<number | undefined>;
}

function asker(options: PrometheusOptions): Asker {
  const { hours, selector } = options;
  const step = Math.max(15, Math.round((hours * 3600) / POINTS));
  const of = (name: string): string => (name.startsWith("DCGM") ? name : `${name}{${selector}}`);
  const instant = (query: string) => run(options, "query", { query, time: options.endSeconds });
  const range = (query: string) =>
    run(options, "query_range", { query, start: options.endSeconds - hours * 3600, end: options.endSeconds, step });
  const scalar = async (query: string): Promise<number | undefined> => numbersOf(await instant(query))[0];
  return {
    histogram: (names) =>
      first(names, async (name) =>
        histogramOf(await instant(`sum by (le) (increase(${of(`${name}_bucket`)}[${hours}h]))`)),
      ),
    gauge: (names, how) => first(names, async (name) => spreadOf(numbersOf(await range(`${how}(${of(name)})`)))),
    increase: (names) => first(names, (name) => scalar(`sum(increase(${of(name)}[${hours}h]))`)),
    rate: async (name) => {
      const seconds = Math.max(60, step);
      const spread = spreadOf(numbersOf(await range(`sum(rate(${of(name)}[${seconds}s]))`)));
      return spread !== undefined && spread.mean * seconds >= NEEDED_PER_INTERVAL ? spread : undefined;
    },
    runningWhileWaiting: async () => {
      const [running, waiting] = ["vllm:num_requests_running", "vllm:num_requests_waiting"].map(
        (one) => `sum(${of(one)})`,
      );
      return spreadOf(numbersOf(await range(`${running} and (${waiting} >= 1)`)));
    },
    models: async () =>
      (await instant(`count by (model_name) (${of("vllm:num_requests_running")})`)).flatMap(
        ({ metric }) => metric["model_name"] ?? [],
      ),
    covered: async () => {
      const times = (await range(`count(${of("vllm:num_requests_running")})`)).flatMap(({ values }) =>
        values.map(([at]) => at),
      );
      return times.length === 0 ? undefined : Math.max(...times) - Math.min(...times);
    },
  };
}

async function first<T>(
  names: readonly string[],
  ask: (name: string) => Promise<T | undefined>,
): Promise<T | undefined> {
  for (const name of names) {
    const found = await ask(name);
    if (found !== undefined) return found;
  }
  return undefined;
}

async function run(
  options: PrometheusOptions,
  path: string,
  fields: Readonly<Record<string, string | number>>,
): Promise<readonly Series[]> {
  const query = new URLSearchParams(Object.entries(fields).map(([name, value]) => [name, String(value)]));
  const url = `${options.url.replace(/\/+$/, "")}/api/v1/${path}?${query.toString()}`;
  const headers = options.key === undefined ? {} : { authorization: `Bearer ${options.key}` };
  const text = await fetchText(url, { timeoutMs: TIMEOUT_MS, headers });
  return seriesOf(text, shownUrl(options.url));
}

interface Reply {
  readonly status?: unknown;
  readonly error?: unknown;
  readonly data?: { readonly result?: unknown };
}

function seriesOf(text: string, where: string): readonly Series[] {
  let reply: Reply;
  try {
    reply = JSON.parse(text) as Reply;
  } catch (cause) {
    throw new SwitchgearError("SWG_METRICS_UNUSABLE", "this is no answer of Prometheus", { where, cause });
  }
  const result = reply.data?.result;
  if (reply.status !== "success" || !Array.isArray(result)) {
    const message = `Prometheus refuses the query: ${typeof reply.error === "string" ? reply.error : "no result"}`;
    throw new SwitchgearError("SWG_METRICS_UNUSABLE", message, { where });
  }
  return result.map(
    (one: { metric?: Series["metric"]; values?: Series["values"]; value?: Series["values"][number] }) => ({
      metric: one.metric ?? {},
      values: one.values ?? (one.value === undefined ? [] : [one.value]),
    }),
  );
}

function numbersOf(series: readonly Series[]): number[] {
  return series.flatMap(({ values }) => values.map(([, value]) => Number(value))).filter(Number.isFinite);
}

/** Increases are extrapolated to fractions: counts are rounded and kept from going down. */
function histogramOf(series: readonly Series[]): MetricHistogram | undefined {
  const pairs = series
    .map(({ metric, values }) => ({ edge: edgeOf(metric["le"]), count: Number(values[0]?.[1]) }))
    .filter(({ edge, count }) => !Number.isNaN(edge) && Number.isFinite(count))
    .toSorted((a, b) => a.edge - b.edge);
  if (pairs.length === 0) return undefined;
  let highest = 0;
  const counts = pairs.map(({ count }) => (highest = Math.max(highest, Math.round(count))));
  return { edges: pairs.map(({ edge }) => edge), counts, sum: Number.NaN, count: highest };
}

function edgeOf(le: string | undefined): number {
  return le === "+Inf" ? Infinity : Number(le ?? Number.NaN);
}
