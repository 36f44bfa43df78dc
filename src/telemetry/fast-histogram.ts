// A Prometheus histogram whose observation is an array increment, as it happens once per token; its labels are rendered once.
import { type Children, heldChildren } from "./children.ts";
import type { MetricEntry } from "./metric-table.ts";
import type { MetricsPage, Shown } from "./metrics-page.ts";
import { labelText, numberText } from "./text-format.ts";

export interface Observes {
  observe(value: number): void;
}

/** The lines of one child up to their numbers. */
interface Lines {
  readonly buckets: readonly string[];
  readonly sum: string;
  readonly count: string;
}

class Child implements Observes, Shown {
  readonly #lines: Lines;
  readonly #bounds: Float64Array;
  readonly #counts: Float64Array;
  #sum = 0;

  constructor(lines: Lines, bounds: Float64Array) {
    this.#lines = lines;
    this.#bounds = bounds;
    this.#counts = new Float64Array(bounds.length + 1);
  }

  observe(value: number): void {
    if (Number.isNaN(value)) return;
    const bounds = this.#bounds;
    let low = 0;
    let high = bounds.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (value <= (bounds[middle] ?? 0)) high = middle;
      else low = middle + 1;
    }
    this.#counts[low] = (this.#counts[low] ?? 0) + 1;
    this.#sum += value;
  }

  text(): string {
    const { buckets, sum, count } = this.#lines;
    let total = 0;
    let text = "";
    for (let i = 0; i < buckets.length; i++) {
      total += this.#counts[i] ?? 0;
      text += `${buckets[i]} ${total}\n`;
    }
    return `${text}${sum} ${numberText(this.#sum)}\n${count} ${total}\n`;
  }
}

export function fastHistogram(entry: MetricEntry, page: MetricsPage): Children<Observes> {
  const bounds = Float64Array.from(entry.buckets ?? []);
  const held = heldChildren((values) => new Child(linesOf(entry, values), bounds), entry.labels.length);
  page.add(entry, held);
  return held.child;
}

function linesOf({ name, labels, buckets = [] }: MetricEntry, values: readonly string[]): Lines {
  const withBound = [...labels, "le"];
  const own = labelText(labels, values);
  return {
    buckets: [...buckets, Infinity].map(
      (bound) => `${name}_bucket${labelText(withBound, [...values, numberText(bound)])}`,
    ),
    sum: `${name}_sum${own}`,
    count: `${name}_count${own}`,
  };
}
