// Children of a labelled metric, looked up once and held; their number is bounded.
import { Gauge, type Registry } from "prom-client";
import type { MetricEntry } from "./metric-table.ts";

/** More label combinations than this fold into one whose labels all read `other`. */
export const CHILD_LIMIT = 5000;

interface Labelled<C> {
  labels(...values: string[]): C;
}

/** Returns the child for label values in the table's order. */
export type Children<C> = (...values: string[]) => C;

interface Level<C> {
  readonly next: Map<string, Level<C>>;
  child: C | undefined;
}

export function heldChildren<C>(metric: Labelled<C>, labelCount: number, limit = CHILD_LIMIT): Children<C> {
  const root: Level<C> = { next: new Map(), child: undefined };
  let size = 0;
  return (...values) => {
    // A level a label: strings that are used again and again are found without putting them together.
    let level = root;
    for (const value of values) {
      let next = level.next.get(value);
      if (next === undefined) {
        if (size >= limit) return metric.labels(...Array<string>(labelCount).fill("other"));
        level.next.set(value, (next = { next: new Map(), child: undefined }));
      }
      level = next;
    }
    if (level.child !== undefined) return level.child;
    size++;
    return (level.child = metric.labels(...values));
  };
}

function settings(entry: MetricEntry, registry: Registry) {
  return { name: entry.name, help: entry.help, labelNames: [...entry.labels], registers: [registry] };
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
