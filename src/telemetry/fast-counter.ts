// A Prometheus counter whose increment is an addition.
import { type Children, heldChildren } from "./children.ts";
import type { MetricEntry } from "./metric-table.ts";
import type { MetricsPage, Shown } from "./metrics-page.ts";
import { labelText, numberText } from "./text-format.ts";

export interface Counts {
  inc(by?: number): void;
}

class Child implements Counts, Shown {
  readonly #line: string;
  #value = 0;

  constructor(line: string) {
    this.#line = line;
  }

  inc(by = 1): void {
    this.#value += by;
  }

  text(): string {
    return `${this.#line} ${numberText(this.#value)}\n`;
  }
}

export function fastCounter(entry: MetricEntry, page: MetricsPage): Children<Counts> {
  const { name, labels } = entry;
  const held = heldChildren((values) => new Child(name + labelText(labels, values)), labels.length);
  page.add(entry, held);
  return held.child;
}
