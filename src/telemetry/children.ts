// Children of a labelled metric, looked up once and held; their number is bounded.
import { Counter, Gauge, type Registry } from "prom-client";
import type { MetricEntry } from "./metric-table.ts";

/** More label combinations than this fold into one whose labels all read `other`. */
export const CHILD_LIMIT = 5000;

interface Labelled<C> {
  labels(...values: string[]): C;
}

/** Returns the child for label values in the table's order. */
export type Children<C> = (...values: string[]) => C;

export function heldChildren<C>(metric: Labelled<C>, labelCount: number, limit = CHILD_LIMIT): Children<C> {
  const held = new Map<string, C>();
  return (...values) => {
    const key = values.length === 1 ? (values[0] ?? "") : values.join("\u0000");
    const known = held.get(key);
    if (known !== undefined) return known;
    if (held.size >= limit) return metric.labels(...Array<string>(labelCount).fill("other"));
    const child = metric.labels(...values);
    held.set(key, child);
    return child;
  };
}

function settings(entry: MetricEntry, registry: Registry) {
  return { name: entry.name, help: entry.help, labelNames: [...entry.labels], registers: [registry] };
}

export function counter(entry: MetricEntry, registry: Registry): Children<Counter.Internal> {
  return heldChildren(new Counter(settings(entry, registry)), entry.labels.length);
}

/** `collect` runs at each scrape, after the gauge was emptied. */
export function gauge(
  entry: MetricEntry,
  registry: Registry,
  collect: (set: (value: number, ...labels: string[]) => void) => void,
): void {
  const metric = new Gauge({
    ...settings(entry, registry),
    collect() {
      metric.reset();
      collect((value, ...labels) => metric.labels(...labels).set(value));
    },
  });
}
