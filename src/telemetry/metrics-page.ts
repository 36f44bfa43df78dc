// The page that Prometheus reads: every metric's text, without the workers that are gone.
import type { Held } from "./children.ts";
import type { MetricEntry } from "./metric-table.ts";
import { headerText, labelText, numberText } from "./text-format.ts";

/** A worker that was missing on this many pages in a row is forgotten: its last counts have been read. */
const PAGES_KEPT = 3;

/** A child of a metric: its lines on the page. */
export interface Shown {
  text(): string;
}

export type SetGauge = (value: number, ...labels: string[]) => void;

export interface MetricsPage {
  /** A metric whose children live between pages. */
  add(entry: MetricEntry, held: Held<Shown>): void;
  /** `collect` runs for each page and sets every value anew. */
  gauge(entry: MetricEntry, collect: (set: SetGauge) => void): void;
  text(): string;
}

/** `workers` are the ids of the fleet now; undefined where nobody says. */
export function metricsPage(workers: () => readonly string[] | undefined): MetricsPage {
  const parts: (() => string)[] = [];
  const perWorker: { readonly held: Held<Shown>; readonly at: number }[] = [];
  /** Pages since a worker was last seen. */
  const missing = new Map<string, number>();

  function forgetGone(): void {
    const now = workers();
    if (now === undefined) return;
    for (const [id, pages] of missing) missing.set(id, pages + 1);
    for (const id of now) missing.set(id, 0);
    const gone = (id: string): boolean => (missing.get(id) ?? PAGES_KEPT) >= PAGES_KEPT;
    for (const { held, at } of perWorker) held.forget((values) => gone(values[at] ?? ""));
    for (const id of [...missing.keys()].filter(gone)) missing.delete(id);
  }

  return {
    add(entry, held) {
      const header = headerText(entry);
      parts.push(() => header + held.all().reduce((text, child) => text + child.text(), ""));
      const at = entry.labels.indexOf("worker");
      if (at >= 0) perWorker.push({ held, at });
    },
    gauge(entry, collect) {
      const header = headerText(entry);
      parts.push(() => header + gaugeText(entry, collect));
    },
    text() {
      forgetGone();
      return parts.map((part) => part()).join("\n");
    },
  };
}

/** Of two values with the same labels the last stands: a page with both would be refused as a whole. */
function gaugeText(entry: MetricEntry, collect: (set: SetGauge) => void): string {
  const values = new Map<string, number>();
  collect((value, ...labels) => values.set(labelText(entry.labels, labels), value));
  let text = "";
  for (const [labels, value] of values) text += `${entry.name}${labels} ${numberText(value)}\n`;
  return text;
}
