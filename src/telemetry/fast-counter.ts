// A Prometheus counter whose increment is an addition: prom-client's hashes the label names and values each time.
import type { Registry } from "prom-client";
import { type Children, heldChildren } from "./children.ts";
import type { MetricEntry } from "./metric-table.ts";

export interface Counts {
  inc(by?: number): void;
}

class Child implements Counts {
  readonly labels: Readonly<Record<string, string>>;
  value = 0;

  constructor(labels: Readonly<Record<string, string>>) {
    this.labels = labels;
  }

  inc(by = 1): void {
    this.value += by;
  }
}

export function fastCounter(entry: MetricEntry, registry: Registry): Children<Counts> {
  const children = new Map<string, Child>();
  const { name, help } = entry;
  const values = () => [...children.values()].map(({ labels, value }) => ({ labels, value }));
  const get = () => Promise.resolve({ name, help, type: "counter", aggregator: "sum", values: values() });
  // The registry asks a metric for its name and its values, nothing else.
  registry.registerMetric({ name, help, get } as never);
  const labels = (...given: string[]) => {
    const key = given.join("\u0000");
    const child = children.get(key) ?? new Child(Object.fromEntries(entry.labels.map((l, i) => [l, given[i] ?? ""])));
    children.set(key, child);
    return child;
  };
  return heldChildren({ labels }, entry.labels.length);
}
