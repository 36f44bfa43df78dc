// A family of a Prometheus page, and short constructors for tables of them.

export type MetricType = "counter" | "gauge" | "histogram";

/** Upper edges without +Inf; `token-counts` stands for `tokenCountBuckets(max_model_len)`. */
export type MetricBuckets = readonly number[] | "token-counts";

export interface MetricFamily {
  /** Without the suffixes `_total`, `_created`, `_bucket`, `_sum`, `_count`. */
  readonly name: string;
  readonly type: MetricType;
  readonly help: string;
  /** Alphabetical, as on the page (`le` is sorted in among them). */
  readonly labels: readonly string[];
  /** Values, in the order of the page, of labels that have a fixed set. */
  readonly values?: Readonly<Record<string, readonly string[]>>;
  readonly buckets?: MetricBuckets;
  /** Only with --kv-cache-metrics, a NIXL connector or --enable-lora; always when absent. */
  readonly when?: "blocks" | "nixl" | "lora";
}

type Rest = Partial<Pick<MetricFamily, "labels" | "values" | "when">>;

const PER_ENGINE = ["engine", "model_name"];

export function counter(name: string, help: string, rest: Rest = {}): MetricFamily {
  return { name: `vllm:${name}`, type: "counter", help, labels: PER_ENGINE, ...rest };
}

export function gauge(name: string, help: string, rest: Rest = {}): MetricFamily {
  return { name: `vllm:${name}`, type: "gauge", help, labels: PER_ENGINE, ...rest };
}

export function histogram(name: string, buckets: MetricBuckets, help: string, rest: Rest = {}): MetricFamily {
  return { name: `vllm:${name}`, type: "histogram", help, labels: PER_ENGINE, buckets, ...rest };
}

/** Buckets 1, 2, 5 × 10^k up to the context length. */
export function tokenCountBuckets(maxModelLen: number): number[] {
  const edges: number[] = [];
  for (let power = 1; ; power *= 10) {
    for (const digit of [1, 2, 5]) {
      if (digit * power > maxModelLen) return edges;
      edges.push(digit * power);
    }
  }
}
